import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOSSL
import PlatformModel
import Synchronization
import TestSupport

/// The five real programs, each as a Unix user of its own, on sockets that this process holds as systemd does; around them a
/// PostgreSQL, a slapd and a Podman of their own. Two organisations, `acme` and `globex`. One for all tests of this process, which
/// therefore run one after the other.
final class Appliance: Sendable {
    let folder: TemporaryFolder
    let database: PostgresServer
    /// Has nothing, until a test makes it a standby.
    let standby: PostgresServer
    /// Where workloads' databases are made.
    let tenant: SecondPostgres
    let podman: PrivatePodman
    let slapd: PrivateSlapd
    /// Where programs of organisations run; nil where it cannot be.
    let launcher: SandboxLauncher?
    let url: String
    let notify: NotifySocket
    let client: HTTPClient
    /// Ends the programs and removes the folder when this process ends, however it ends.
    private let guardian: WatchedShell
    private let sockets: [RoomName: ListeningSocket]
    private let publicSocket: ListeningSocket
    private let running = Mutex<[RoomName: ProgramProcess]>([:])
    private let tokens = Mutex<[String: String]>([:])

    // Unstructured: the first who asks starts it for all.
    private static let started = Task {
        let appliance = try await Appliance()
        do { try await appliance.startPrograms() } catch {
            try? await appliance.client.shutdown()
            throw error
        }
        return appliance
    }
    static func shared() async throws -> Appliance { try await started.value }

    private static let guarding = """
        while read -r word pid; do
            case $word in
                keep) pids="$pids $pid" ;;
                drop) rest=; for one in $pids; do [ "$one" = "$pid" ] || rest="$rest $one"; done; pids=$rest ;;
            esac
        done
        [ -z "$pids" ] || kill -9 $pids
        rm -rf "$1"
        """

    private init() async throws {
        folder = try TemporaryFolder("msys")
        guardian = try WatchedShell(Self.guarding, arguments: [folder.path], log: folder.file("guardian.log"))
        chmod(folder.path, 0o755)
        async let podman = PrivatePodman.shared()
        async let slapd = PrivateSlapd.started()
        async let tenant = SecondPostgres.shared()
        launcher = SandboxLauncher.isAvailable ? try await SandboxLauncher(user: RoomName.runner.uid) : nil
        database = try PostgresServer()
        standby = try PostgresServer(isIdle: true)
        sockets = try Dictionary(
            uniqueKeysWithValues: RoomName.allCases.map { [folder] in
                ($0, try ListeningSocket(unix: folder.file("\($0.rawValue).sock")))
            })
        publicSocket = try ListeningSocket()
        url = "https://127.0.0.1:\(publicSocket.port)"
        notify = try NotifySocket(folder: folder)
        chmod(notify.path, 0o666)
        try await database.untilReady()
        self.podman = try await podman
        self.slapd = try await slapd
        self.tenant = try await tenant

        var configuration = HTTPClient.Configuration(
            timeout: .init(connect: .seconds(5), read: .seconds(40)), decompression: .disabled)
        var tls = TLSConfiguration.makeClientConfiguration()
        // Read with the first connection; the gateway makes it before it is ready.
        tls.trustRoots = .file(folder.file("gateway/certificate.pem"))
        configuration.tlsConfiguration = tls
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private func startPrograms() async throws {
        try prepareFolders()
        try writeConfigurations()
        _ = try await admin("bootstrap")
        try startAll()
        for room in RoomName.allCases { try await untilReady(room) }
        for org in ["acme", "globex"] {
            let group = "cn=platform-engineers,ou=groups,dc=example,dc=org"
            let words = org == "acme" ? ["--admin-group", group] : []
            let token = try await admin(["org", "create", org, "--token", "tests"] + words)
            tokens.withLock { $0[org] = token.split(separator: "\n").last.map(String.init) }
        }
    }

    /// An administrator's token of an organisation.
    func token(of org: String) -> String { tokens.withLock { $0[org] } ?? "" }

    // MARK: Files

    func file(_ name: String) -> String { folder.file(name) }
    /// The programs' database.
    func dsn(role: String = "postgres") -> String {
        "host=\(database.socketFolder),\(standby.socketFolder) dbname=postgres user=\(role) target_session_attrs=read-write"
    }
    func socket(_ room: RoomName) -> String { folder.file("\(room.rawValue).sock") }

    private func prepareFolders() throws {
        // Programs of every user write to it.
        guard mkdir(faults.folder, 0o777) == 0, chmod(faults.folder, 0o777) == 0 else {
            throw SystemFailure(faults.folder, errno)
        }
        for room in RoomName.allCases {
            // As a socket unit has it: 0660, the rooms' group.
            guard chown(socket(room), 0, RoomName.group) == 0, chmod(socket(room), 0o660) == 0 else {
                throw SystemFailure("chown", errno)
            }
        }
        guard chown(podman.socket, RoomName.runner.uid, RoomName.runner.uid) == 0 else { throw SystemFailure("chown", errno) }
        for (path, owner) in [
            (file("gateway"), RoomName.gateway), (file("broker"), .broker), (file("images"), .runner),
            ("\(podman.folder)/system", .runner),
            ("\(podman.folder)/system/secrets", .runner),
            ("\(podman.folder)/system/output", .runner), ("\(podman.folder)/system/p", .runner),
        ] {
            guard mkdir(path, 0o755) == 0, chown(path, owner.uid, owner.uid) == 0 else { throw SystemFailure(path, errno) }
        }
    }

    // MARK: Programs

    private func startAll() throws {
        for room in RoomName.allCases { try start(room) }
    }

    /// Starts a room's program; what waits in its socket is served by it.
    /// - Parameter words: Before the program, such as `prlimit` with its options.
    func start(_ room: RoomName, environment: [String: String] = [:], through words: [String] = []) throws {
        guard let socket = sockets[room] else { return }
        var passing = [(descriptor: socket.descriptor, name: "room")]
        if room == .gateway { passing.append((publicSocket.descriptor, "public")) }
        let process = try launch(room, room.rawValue, passing: passing, environment: environment, through: words)
        running.withLock { $0[room] = process }
    }

    /// Starts a program of a room by a configuration of the folder.
    func launch(
        _ room: RoomName, _ configuration: String, passing: [(descriptor: Int32, name: String)],
        environment: [String: String] = [:], through words: [String] = []
    ) throws -> ProgramProcess {
        let user = "\(room.uid)"
        // For the program alone, and not for what starts it as its user.
        let further = environment.isEmpty ? [] : ["/usr/bin/env"] + environment.map { "\($0.key)=\($0.value)" }
        let process = try ProgramProcess(
            room.program, arguments: ["--config", file("\(configuration).yaml")],
            environment: ["NOTIFY_SOCKET": notify.path, "MARTLET_FAULT_FOLDER": faults.folder], passing: passing,
            // The build may lie where only root can read: the one capability that a room has here beyond its user.
            through: [
                "setpriv", "--reuid", user, "--regid", user, "--groups", "\(RoomName.group)", "--no-new-privs",
                "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search", "--",
            ] + words + further,
            log: file("\(configuration).log"))
        guardian.send("keep \(process.pid)")
        return process
    }

    /// A program that has ended need not be ended.
    func forget(_ pid: pid_t) { guardian.send("drop \(pid)") }

    /// Where running programs are told to fail.
    var faults: FaultControl { FaultControl(folder: file("faults")) }

    func process(_ room: RoomName) throws -> ProgramProcess {
        guard let process = running.withLock({ $0[room] }) else { throw Missing(what: room.program) }
        return process
    }

    /// Ends a room's program by a signal.
    func end(_ room: RoomName, _ signal: Int32) async throws -> Int32 {
        try process(room).kill(signal)
        return try await exit(of: room)
    }

    /// Waits until a room's program has ended; its exit code (128 and the signal).
    @discardableResult
    func exit(of room: RoomName) async throws -> Int32 {
        let process = try process(room)
        let code = try await process.exit()
        forget(process.pid)
        return code
    }

    /// Kills a room's program without a warning, starts it again, and waits for it.
    func killAndRestart(_ room: RoomName) async throws {
        guard try await end(room, SIGKILL) == 128 + SIGKILL else { throw Missing(what: "the kill of \(room.program)") }
        try start(room)
        try await untilReady(room)
    }

    /// Waits for the end of a room's program that was killed, and starts it again.
    func revive(_ room: RoomName) async throws {
        try await exit(of: room)
        try start(room)
        try await untilReady(room)
    }

    /// As an administrator does it.
    func restart(_ room: RoomName) async throws {
        guard try await end(room, SIGTERM) == 0 else { throw Missing(what: "the end of \(room.program)") }
        try start(room)
        try await untilReady(room)
    }

    func untilReady(_ room: RoomName) async throws {
        do {
            try await eventually("\(room.program)") {
                try await self.curl(room, "/readyz", ["-m", "3"]).status == "200"
            }
        } catch {
            throw Missing(what: "\(room.program): \((folder.read("\(room.rawValue).log") ?? "").suffix(3000))")
        }
    }

    struct Missing: Error, CustomStringConvertible {
        let what: String
        var description: String { "not there: \(what)" }
    }
}
