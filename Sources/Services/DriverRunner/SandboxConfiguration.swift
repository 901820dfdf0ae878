import ServiceRuntime

/// `sandbox` in runner.yaml: where foreign code runs.
struct SandboxConfiguration: Sendable, Hashable {
    /// Of `martlet-sandbox`.
    let socket: String
    /// At a time; at most as many as the launcher takes.
    let jobs: Int

    init(_ section: ConfigSection) {
        socket = section.socket("socket", default: "/run/martlet/sandbox.sock")
        jobs = section.int("jobs", in: 1...256, default: 8)
    }
}
