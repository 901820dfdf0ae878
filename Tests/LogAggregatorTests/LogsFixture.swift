import Glibc
import HTTPTypes
import LogRules
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import TestSupport

@testable import LogAggregator

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The log aggregator's routes on a real socket, over a database of its own.
struct LogsFixture: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let client: RoomClient

    static let environment = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")
    static let viewer = Principal(
        id: "user:1", name: "Vi", orgID: "acme", memberOf: ["acme"], orgRole: .member, appRoles: ["shop": .viewer])
    static let path = "/v1/orgs/acme/apps/shop/envs/dev/logs"

    /// - Parameters:
    ///   - listens: Whether NOTIFY wakes the streams; without, they look each second.
    ///   - callers: Who this process is to the room.
    static func with(
        _ given: TestDatabase? = nil, listens: Bool = true, callers: [String] = ["gateway", "runner", "orchestrator"],
        _ body: @Sendable @escaping (LogsFixture) async throws -> Void
    ) async throws {
        let database: TestDatabase = if let given { given } else { try await PrivatePostgres.database() }
        let folder = try TemporaryFolder("logs")
        let socket = folder.file("logs.sock")
        try await PostgresPool.with(database.configuration(role: "martlet_logs"), logger: quiet) { pool in
            let router = RoomRouter()
            let signals = ChannelSignals(channel: BatchStore.channel, database: pool)
            LogsRoom.addRoutes(to: router, database: pool, signals: signals)
            let callers = Dictionary(uniqueKeysWithValues: callers.map { ($0, getuid()) })
            let server = RoomServer(
                endpoints: [.init(.unix(path: socket, mode: 0o600, group: nil), router)],
                configuration: ServiceConfiguration(socket: socket, callers: callers, shutdownGrace: .zero), logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                if listens { group.addTask { try await signals.run() } }
                _ = try await server.listening()
                try await body(LogsFixture(database: database, pool: pool, client: RoomClient(room: "logs", socket: socket)))
                group.cancelAll()
            }
        }
    }

    static func entry(
        _ line: String, at milliseconds: Int64 = 1_700_000_000_000, workload: String? = "web", container: String? = "main",
        deployment: String? = "d1", environment: EnvironmentContext = environment
    ) -> LogEntry {
        LogEntry(
            environment: environment, deploymentID: deployment, workloadID: workload, containerID: container, stream: "stdout",
            at: Timestamp(milliseconds: milliseconds), line: line)
    }

    @discardableResult
    func send(_ entries: [LogEntry], sequence: Int64, source: String = "runner@a/containers") async throws(RoomError) -> Int {
        let reply: LogBatchReply = try await client.call(
            .post, "/v1/logs", body: LogBatch(source: source, sequence: sequence, entries: entries), timeout: .seconds(120))
        return reply.accepted
    }

    func page(
        _ query: [(String, String)] = [], path: String = path, as principal: Principal = viewer
    ) async throws(RoomError) -> [OutputEntry] {
        try await client.call(.get, path, query: query, principal: principal)
    }

    func lines(_ query: [(String, String)] = []) async throws(RoomError) -> [String] { try await page(query).map(\.payload) }
}
