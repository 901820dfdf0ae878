import FoundationEssentials
import Glibc
import Logging
import Postgres

/// One private PostgreSQL for all tests of this process, started when the first asks; a new database for each caller.
package actor PrivatePostgres {
    private static let shared = PrivatePostgres()
    private static let template = "martlet_template"

    private var server: Task<PostgresServer, any Error>?
    private var databases = 0
    /// So many are made at a time: all tests begin at once, and a statement that shares the machine with hundreds of others takes longer
    /// than it may.
    private var free = 4
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// The folder of the repository's migrations.
    package static var migrations: String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../migrations").standardized.path
    }

    /// A new database with every migration applied; the server is shared, so do not stop it (`PostgresServer()` is for that).
    package static func database() async throws -> TestDatabase { try await shared.newDatabase(from: template) }

    /// A new database with nothing in it.
    package static func emptyDatabase() async throws -> TestDatabase { try await shared.newDatabase(from: "template0") }

    private func newDatabase(from template: String) async throws -> TestDatabase {
        let server = try await running()
        databases += 1
        let name = "test_\(databases)"
        await enter()
        defer { leave() }
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn()))
        do {
            try await connection.execute("CREATE DATABASE \(identifier: name) TEMPLATE \(identifier: template)")
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return TestDatabase(server: server, name: name)
    }

    private func enter() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }

    private func running() async throws -> PostgresServer {
        // Unstructured: the first caller starts it for all, and must not take it down when it is cancelled.
        let task = server ?? Task { try await Self.start() }
        server = task
        return try await task.value
    }

    private static func start() async throws -> PostgresServer {
        // Static storage is never freed, but the end of this process closes the shell's input, which stops the server.
        let server = try PostgresServer()
        try await server.untilReady()
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn()))
        try await connection.execute("CREATE DATABASE \(identifier: template)")
        await connection.close()
        let migrator = Migrator(
            PostgresConfiguration(dsn: server.dsn(database: template)), folder: migrations, logger: Logger(label: "migrations"))
        _ = try await migrator.migrate()
        return server
    }
}

/// One test's database on the shared server.
package struct TestDatabase: Sendable {
    package let server: PostgresServer
    package let name: String

    /// The connection string of a login role (`martlet_orchestrator`); `postgres` is the superuser.
    package func dsn(role: String = "postgres") -> String { server.dsn(database: name, role: role) }

    /// Patient: many tests start at once, and a busy machine is not what they are about.
    package func configuration(role: String = "postgres") -> PostgresConfiguration {
        var configuration = PostgresConfiguration(dsn: dsn(role: role))
        configuration.acquireTimeout = .seconds(60)
        configuration.connectTimeout = .seconds(60)
        configuration.statementTimeout = .seconds(120)
        configuration.idleInTransactionTimeout = .seconds(300)
        return configuration
    }
}
