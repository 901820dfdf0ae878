import PlatformModel
import Postgres
import Synchronization
import TestSupport

/// The appliance as a place of many lives, under the eyes of who watches its fences.
final class FaultPlace: Sendable {
    let appliance: Appliance, tenant: PostgresConnection
    /// Databases and roles before the first life.
    let before: [Int]
    private let prefix: String
    private let connection: Mutex<PostgresConnection>
    private let number = Counter()
    private let noted = Mutex<[String]>([])

    /// - Parameter prefix: Of the environments' names.
    init(_ prefix: String) async throws {
        self.prefix = prefix
        appliance = try await Appliance.shared()
        tenant = try await appliance.tenant.superuser()
        before = try await FaultLife.tenantObjects(tenant)
        let database = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
        connection = Mutex(database)
        try await FaultLife.watchFences(database)
        try await FaultLife.prepare(appliance)
    }

    var problems: [String] { noted.withLock { $0 } }
    func note(_ problems: [String]) { noted.withLock { $0 += problems } }

    var database: PostgresConnection { connection.withLock { $0 } }

    /// After the server was killed, or another took its place.
    func reconnect() async throws {
        await database.close()
        let new = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
        connection.withLock { $0 = new }
    }

    /// An environment that nobody has had.
    func life(_ kind: FaultKind = .crash) async throws -> FaultLife {
        try await FaultLife("\(prefix)\(number.next())", kind, appliance, tenant: tenant, database: database)
    }

    func end() async throws {
        try appliance.faults.disarm()
        try await FaultLife.unwatchFences(database)
        try await FaultLife.leave(appliance)
        await database.close()
        await tenant.close()
    }
}

/// Counts from 1.
final class Counter: Sendable {
    private let value = Mutex(0)

    @discardableResult
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }

    var count: Int { value.withLock { $0 } }
}
