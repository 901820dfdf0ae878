import DeployTargets
import Sandbox
import ServiceRuntime

/// `exec` in runner.yaml: what programs of exec and container definitions may use and reach.
struct ExecSettings: Sendable {
    let policy: SandboxPolicy
    /// Where images of the local Podman are unpacked.
    let imagesFolder: String
    let images: ImageLimits

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
        let images = section.section("images")
        imagesFolder = images.string("folder", default: "/var/lib/martlet/runner/images")
        var kept = ImageLimits()
        kept.imageBytes = images.int("image_mib", in: 1...1_048_576, default: 2048) << 20
        kept.totalBytes = images.int("total_mib", in: 1...16_777_216, default: 8192) << 20
        self.images = kept
        policy = SandboxPolicy(limits: limits, mayReachOutside: network == "outside", readOnly: readOnly)
    }
}
