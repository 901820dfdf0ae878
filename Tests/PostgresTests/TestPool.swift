import Logging
import Postgres
import TestSupport

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Runs `body` with a pool on a new, migrated database that has one tenant's table, `broker.things`.
func withPool<Result: Sendable>(
    role: String = "martlet_broker", _ adjust: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: @Sendable @escaping (PostgresPool, TestDatabase) async throws -> Result
) async throws -> Result {
    let database = try await PrivatePostgres.database()
    try await asOwner(
        database,
        "CREATE TABLE broker.things (org_id text NOT NULL, id text NOT NULL, size int NOT NULL DEFAULT 0, PRIMARY KEY (org_id, id))",
        "SELECT martlet.tenant_table('broker.things')",
        "CREATE TABLE broker.queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text)")
    var configuration = database.configuration(role: role)
    adjust(&configuration)
    return try await PostgresPool.with(configuration, logger: quiet) { try await body($0, database) }
}

/// Runs statements as `martlet_owner`, as a migration does.
func asOwner(_ database: TestDatabase, _ statements: SQL...) async throws {
    try await asAdministrator(database, ["SET ROLE martlet_owner"] + statements)
}

func asAdministrator(_ database: TestDatabase, _ statements: [SQL]) async throws {
    let connection = try await PostgresConnection.connect(database.configuration())
    for statement in statements { try await connection.execute(statement) }
    await connection.close()
}
