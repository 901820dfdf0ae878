import Glibc
import HTTPTypes
import Hummingbird
import Logging
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator
@testable import ServiceRuntime

/// The real orchestrator on its real socket over a real database, between a gateway, a runner and a broker that are fakes.
final class Harness: Sendable {
    struct Answer: Sendable {
        var status: Int
        var body: JSON
        var headers: HTTPFields = [:]
        var error: String? { body["error"]?.string }
        var message: String { body["message"]?.string ?? "" }
        subscript(name: String) -> String? { body[name]?.string }
    }

    let database: TestDatabase
    /// The orchestrator's own role.
    let pool: PostgresPool
    let folder: TemporaryFolder
    let gateway = FakeRoom()
    let logs = FakeRoom()
    let runner = FakeRunner()
    let broker = FakeBroker()
    private let people = Mutex<[String: Principal]>([:])

    private init(database: TestDatabase, pool: PostgresPool, folder: TemporaryFolder) {
        self.database = database
        self.pool = pool
        self.folder = folder
        gateway.answers { [self] received, _ in
            let id = received.segments[2].replacing("%3A", with: ":")
            let known = people.withLock { $0[String(id)] }
            return try .json(known ?? Principal(id: String(id), name: "nobody", orgID: received.query["org"]))
        }
    }

    /// - Parameter startsRoom: false: no orchestrator runs until `withRoom` starts one.
    static func with(
        startsRoom: Bool = true, _ body: @escaping @Sendable (Harness) async throws -> Void
    ) async throws {
        let database = try await PrivatePostgres.database()
        let folder = try TemporaryFolder("morc")
        try await PostgresPool.with(database.configuration(role: "martlet_orchestrator"), logger: Self.silent) { pool in
            let harness = Harness(database: database, pool: pool, folder: folder)
            try await harness.withFakes {
                guard startsRoom else { return try await body(harness) }
                try await harness.withRoom {
                    try await harness.createOrganization("acme", by: People.administrator)
                    try await body(harness)
                }
            }
        }
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func withFakes(_ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (name, room) in [("gateway", gateway), ("runner", runner.room), ("broker", broker.room), ("logs", logs)] {
                let socket = folder.file("\(name).sock")
                let (listening, isListening) = AsyncStream.makeStream(of: Void.self)
                group.addTask {
                    // Also when it cannot listen: nobody waits for ever.
                    defer { isListening.finish() }
                    try await room.run(socket: socket, callers: ["orchestrator": getuid()]) { isListening.finish() }
                    return false
                }
                for await _ in listening {}
            }
            group.addTask {
                try await body()
                return true
            }
            defer { group.cancelAll() }
            while let done = try await group.next(), !done {}
        }
    }

    /// An orchestrator for as long as `body` runs; then it is gone without a word, as one that was killed.
    func withRoom(
        _ name: String = "orchestrator", heartbeat: Int = 5, further: String = "",
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let configuration = try ConfigReader.read(
            OrchestratorConfiguration.self, bytes: Array("\(file(name, heartbeat: heartbeat))\n\(further)\n".utf8),
            file: "orchestrator.yaml")
        let builder = RoomBuilder(name: "martlet-orchestrator", service: configuration.service, logger: Self.logger)
        try await OrchestratorRoom.assemble(configuration, builder)
        let services = builder.services.map(\.service)
        let server = RoomServer(
            endpoints: [.init(.unix(path: configuration.service.socket, mode: 0o600, group: nil), builder.router)],
            configuration: configuration.service, logger: Self.logger)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for service in services {
                group.addTask {
                    try await service.run()
                    return false
                }
            }
            group.addTask {
                try await server.run()
                return false
            }
            _ = try await server.listening()
            group.addTask {
                try await body()
                return true
            }
            defer { group.cancelAll() }
            while let done = try await group.next(), !done {}
        }
    }

    /// Several at once.
    func withRooms(_ names: [String], heartbeat: Int, _ body: @escaping @Sendable () async throws -> Void) async throws {
        guard let name = names.first else { return try await body() }
        try await withRoom(name, heartbeat: heartbeat) {
            try await self.withRooms(Array(names.dropFirst()), heartbeat: heartbeat, body)
        }
    }

    /// `MARTLET_TEST_LOG=1` shows what the orchestrator logs.
    private static var logger: Logger {
        guard getenv("MARTLET_TEST_LOG") != nil else { return silent }
        return Logger(label: "orchestrator") { JSONLineHandler(label: $0, level: .debug) }
    }

    private func file(_ name: String, heartbeat: Int) -> String {
        """
        socket: \(folder.file("\(name).sock"))
        callers: {gateway: "\(getuid())"}
        database: \(database.dsn(role: "martlet_orchestrator"))
        host: \(name)
        rooms:
          gateway: \(folder.file("gateway.sock"))
          runner: \(folder.file("runner.sock"))
          broker: \(folder.file("broker.sock"))
          logs: \(folder.file("logs.sock"))
        engine: {heartbeat_seconds: \(heartbeat), access_milliseconds: 0}
        """
    }

    // MARK: What tests do

    /// What the gateway says of somebody from now on.
    func know(_ principal: Principal) { people.withLock { $0[principal.id] = principal } }

    /// A request as the gateway relays it, and the whole answer. The published contract, where it is there, judges each.
    @discardableResult
    func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil, as principal: Principal = People.administrator,
        headers: HTTPFields = [:], room: String = "orchestrator"
    ) async throws -> Answer {
        know(principal)
        // Hundreds of tests share the machine; how long an answer takes is not what they are about.
        var call = HTTPCall(method, "/", headers: headers, timeout: .seconds(120))
        call.target = "/v1" + path
        call.headers[RoomHeader.principal] = try PrincipalHeader.shared.text(of: principal)
        if let body {
            call.headers[.contentType] = "application/json"
            call.body = .bytes(Array(body.canonical.utf8))
        }
        let stream = try await HTTPEndpoint(name: room, socket: folder.file("\(room).sock")).forward(call)
        let bytes = try await stream.collect(upTo: 1 << 24)
        let answer = Answer(status: stream.status, body: bytes.isEmpty ? .null : try JSON.parse(bytes), headers: stream.headers)
        let judged =
            Contract.published?.problems(method.rawValue, path, answer.status, bytes.isEmpty ? JSON?.none : answer.body) ?? []
        // The contract has no 428: it is there where the machine's owner asks for it.
        let problems = answer.status == 428 ? [] : judged
        #expect(problems.isEmpty, "\(method) \(path) -> \(answer.status) \(answer.body.canonical)")
        #expect(answer.status < 400 || (answer.error != nil && !answer.message.isEmpty), "\(method) \(path) -> \(answer)")
        return answer
    }

    /// A call that must succeed with this status.
    @discardableResult
    func must(
        _ status: Int, _ method: HTTPRequest.Method, _ path: String, _ body: JSON? = nil,
        as principal: Principal = People.administrator, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSON {
        var answer = try await call(method, path, body, as: principal)
        // As a client does on a busy machine: nothing was done, and it may be asked again.
        for _ in 0..<3 where answer.status == 503 && answer.error == "unavailable" && status != 503 {
            answer = try await call(method, path, body, as: principal)
        }
        try #require(answer.status == status, "\(method) \(path) -> \(answer)", sourceLocation: sourceLocation)
        return answer.body
    }

    func createOrganization(_ id: String, by principal: Principal) async throws {
        know(principal)
        try await RoomClient(room: "orchestrator", socket: folder.file("orchestrator.sock"))
            .send(.post, "/v1/admin/orgs", body: OrganizationRequest(id: id, name: id))
    }

    /// The one integer of a query, as the database's superuser: no policy hides anything.
    func count(_ sql: SQL) async throws -> Int {
        let connection = try await PostgresConnection.connect(database.configuration())
        do {
            let rows = try await connection.query(sql)
            await connection.close()
            return try rows.first?.int("count") ?? 0
        } catch {
            await connection.close()
            throw error
        }
    }

    /// The rows of a query, in the same way.
    func rows(_ sql: SQL) async throws -> [Row] {
        let connection = try await PostgresConnection.connect(database.configuration())
        do {
            let rows = try await connection.query(sql)
            await connection.close()
            return rows
        } catch {
            await connection.close()
            throw error
        }
    }

    func execute(_ sql: SQL) async throws {
        let connection = try await PostgresConnection.connect(database.configuration())
        do {
            try await connection.execute(sql)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}
