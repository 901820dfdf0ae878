import Cryptography
import Glibc
import HTTPTypes
import Logging
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import TestSupport

@testable import SecretBroker

struct BadAddress: Error {}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The broker's routes on a real socket, over a database of its own.
struct BrokerFixture: Sendable {
    let database: TestDatabase
    let client: RoomClient
    let socket: String

    static let prefix = "orgs/acme/apps/shop/envs/dev/resources"

    static func with(
        _ database: TestDatabase? = nil, rootKeys: RootKeys? = nil, callers: Set<String> = ["orchestrator", "runner"],
        addresses: [String] = [], limits: VaultLimits = VaultLimits(),
        _ body: @Sendable @escaping (BrokerFixture) async throws -> Void
    ) async throws {
        let given = database
        let database: TestDatabase = if let given { given } else { try await PrivatePostgres.database() }
        let keys = try rootKeys ?? RootKeys(current: key(1))
        let folder = try TemporaryFolder("broker")
        let socket = folder.file("broker.sock")
        try await PostgresPool.with(database.configuration(role: "martlet_broker"), logger: quiet) { pool in
            let router = RoomRouter()
            var rules = OutgoingRules()
            for address in addresses where !rules.add(address) { throw BadAddress() }
            BrokerRoom.addRoutes(
                to: router, database: pool, rootKeys: keys, connector: OutgoingClient(rules: rules), limits: limits)
            let server = RoomServer(
                endpoints: [.init(.unix(path: socket, mode: 0o600, group: nil), router)],
                configuration: ServiceConfiguration(
                    socket: socket, callers: Dictionary(uniqueKeysWithValues: callers.map { ($0, getuid()) }),
                    shutdownGrace: .zero),
                logger: quiet)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run() }
                _ = try await server.listening()
                try await body(
                    BrokerFixture(database: database, client: RoomClient(room: "broker", socket: socket), socket: socket))
                group.cancelAll()
            }
        }
    }

    static func key(_ seed: UInt8) -> SecretBytes { SecretBytes([UInt8](repeating: seed, count: 32)) }

    func grant(
        _ id: String = "g", org: String = "acme", reads: [SecretReference] = [], prefix: String? = nil, standing: Bool = false
    )
        async throws
    {
        try await client.send(
            .put, "/v1/grants/\(id)", body: Grant(orgID: org, reads: reads, writePrefix: prefix, standing: standing))
    }

    func write(
        _ path: String, _ value: JSON, grant: String? = "g", org: String = "acme", ifAbsent: Bool = false
    ) async throws(RoomError) -> SecretWriteReply {
        try await client.call(
            .post, "/v1/secrets/write",
            body: SecretWriteRequest(grant: grant, orgID: org, path: path, value: value, ifAbsent: ifAbsent))
    }

    func read(_ references: [SecretReference], grant: String = "g") async throws(RoomError) -> [JSON] {
        let reply: SecretReadReply = try await client.call(
            .post, "/v1/secrets/read", body: SecretReadRequest(grant: grant, references: references))
        return reply.values
    }

    func read(_ path: String, version: String? = nil, grant: String = "g") async throws(RoomError) -> JSON? {
        try await read([SecretReference(ref: path, version: version)], grant: grant).first
    }

    /// The status and error of a refusal; nil when it was done.
    func refusal(_ body: () async throws -> Void) async throws -> String? {
        do {
            try await body()
            return nil
        } catch let error as RoomError {
            return "\(error.status ?? 0) \(error.body?.error ?? "")"
        }
    }

    /// As the superuser, for whom no policy holds.
    func sql(_ statement: SQL) async throws {
        let connection = try await PostgresConnection.connect(database.configuration())
        try await connection.execute(statement)
        await connection.close()
    }

    /// What is on record of reads, the oldest first.
    func reads() async throws -> [Row] {
        try await rows(
            """
            SELECT object AS path, details->>'version' AS version, details->>'result' AS result, details->>'grant' AS grant_id, outcome,
                actor, org_id, e::text AS whole
            FROM audit.entries e WHERE action = 'readSecret' ORDER BY ctid
            """)
    }

    func rows(_ statement: SQL) async throws -> [Row] {
        let database = database
        return try await PostgresPool.with(database.configuration(), logger: quiet) { try await $0.query(statement) }
    }
}
