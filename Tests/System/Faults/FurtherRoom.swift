import Glibc
import Synchronization
import TestSupport

/// One more process of a room on the same database, with a socket and a configuration of its own: two of anything.
final class FurtherRoom: Sendable {
    let room: RoomName
    let name: String
    private let appliance: Appliance
    private let environment: [String: String]
    private let socket: ListeningSocket
    private let running = Mutex<ProgramProcess?>(nil)

    /// Writes its configuration, and starts it.
    /// - Parameter runner: The socket of the runner that a second orchestrator asks; the first runner's when it is not given.
    init(_ room: RoomName, _ appliance: Appliance, runner: String? = nil, environment: [String: String] = [:]) async throws {
        self.room = room
        self.appliance = appliance
        // Its service manager is nobody.
        self.environment = environment.merging(["NOTIFY_SOCKET": ""]) { own, _ in own }
        name = "second-\(room)"
        // Of an earlier one.
        unlink(appliance.file("\(name).sock"))
        socket = try ListeningSocket(unix: appliance.file("\(name).sock"))
        guard chown(appliance.file("\(name).sock"), 0, RoomName.group) == 0 else { throw SystemFailure("chown", errno) }
        try appliance.configureSecond(room, name, runner: runner)
        try start()
        try await untilReady()
    }

    var socketPath: String { appliance.file("\(name).sock") }
    var pid: pid_t { running.withLock { $0?.pid } ?? 0 }

    func start() throws {
        let process = try appliance.launch(room, name, passing: [(socket.descriptor, "room")], environment: environment)
        running.withLock { $0 = process }
    }

    func untilReady() async throws {
        try await eventually("\(name)") {
            try await CommandRun.curl(appliance.file("\(name).sock"), "/readyz", ["-m", "3"]).status == "200"
        }
    }

    /// Waits for its end after it was killed, and starts it again.
    func startAgain() async throws {
        guard let process = running.withLock({ $0 }) else { return }
        _ = try await process.exit()
        appliance.forget(process.pid)
        try start()
    }

    func revive() async throws {
        try await startAgain()
        try await untilReady()
    }

    func end() async throws {
        guard let process = running.withLock({ $0 }) else { return }
        process.kill(SIGTERM)
        _ = try await process.exit()
        appliance.forget(process.pid)
        running.withLock { $0 = nil }
    }
}
