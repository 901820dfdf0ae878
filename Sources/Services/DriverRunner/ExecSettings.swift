import Sandbox
import ServiceRuntime

/// `exec` in runner.yaml: what programs of exec and container definitions may use and reach.
struct ExecSettings: Sendable {
    let policy: SandboxPolicy

    init(reading section: ConfigSection) {
        var limits = SandboxLimits()
        limits.wallSeconds = section.int("wall_seconds", in: 1...86_400, default: 1800)
        limits.cpuSeconds = section.int("cpu_seconds", in: 1...86_400, default: 600)
        limits.memoryBytes = section.int("memory_mib", in: 16...65_536, default: 1024) << 20
        limits.processes = section.int("processes", in: 1...4096, default: 256)
        limits.fileBytes = section.int("files_mib", in: 1...65_536, default: 512) << 20
        limits.outputBytes = section.int("output_kib", in: 1...65_536, default: 4096) << 10
        let network = section.string("network", default: "none")
        if network != "none", network != "outside" { section.problem("network", "'\(network)' is not none or outside") }
        let readOnly = section.strings("read_only", default: [])
        for path in readOnly where !path.hasPrefix("/") || !SandboxFile.isInside(String(path.dropFirst())) {
            section.problem("read_only", "'\(path)' is not an absolute path without '..'")
        }
        policy = SandboxPolicy(limits: limits, mayReachOutside: network == "outside", readOnly: readOnly)
    }
}
