import Glibc
import TestSupport

/// A running `room-probe`: a room with routes that show what the runtime does.
struct Probe {
    let folder: TemporaryFolder
    let process: ProgramProcess
    let socket: String

    /// - Parameters:
    ///   - extra: Lines added to the configuration.
    ///   - words: Before the program, such as `prlimit` with its options.
    ///   - log: A name in the folder.
    init(
        in folder: TemporaryFolder? = nil, extra: String = "", environment: [String: String] = [:],
        passing: [(descriptor: Int32, name: String)] = [], through words: [String] = [], log: String = "log"
    ) throws {
        let folder = try folder ?? TemporaryFolder("probe")
        // Another user's curl must come through.
        chmod(folder.path, 0o755)
        socket = folder.file("probe.sock")
        let configuration = """
            socket: \(socket)
            socket_mode: "0666"
            log_level: debug
            callers:
              gateway: "\(getuid())"
            \(extra)
            """
        let file = try folder.write(configuration, to: "probe.yaml")
        process = try ProgramProcess(
            "room-probe", arguments: ["--config", file], environment: environment, passing: passing, through: words,
            log: folder.file(log))
        self.folder = folder
    }

    /// A probe that answers.
    static func started(extra: String = "", environment: [String: String] = [:]) async throws -> Probe {
        let probe = try Probe(extra: extra, environment: environment)
        try await probe.answers()
        return probe
    }

    func answers() async throws {
        try await eventually("an answer of the probe") { (try? RawClient(unix: socket)) != nil }
    }

    func curl(_ path: String, _ options: String..., as user: String? = nil) async throws -> CommandRun {
        try await CommandRun.curl(socket, path, options, as: user)
    }
}
