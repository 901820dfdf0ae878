import PlatformModel
import Postgres

/// Applications, each with the environments it has.
enum ApplicationStore {
    static func list(orgID: String, _ transaction: PostgresTransaction) async throws -> [Application] {
        let results = try await transaction.pipeline([
            "SELECT * FROM orchestrator.applications ORDER BY id",
            "SELECT app_id, id, name, type FROM orchestrator.environments ORDER BY app_id, created_at, id",
        ])
        let environments = try Dictionary(grouping: results[1]) { try $0.string("app_id") }
        return try results[0].map { row in
            try application(row, orgID: orgID, environments: environments[try row.string("id")] ?? [])
        }
    }

    static func application(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws -> Application? {
        try application(await transaction.pipeline(looks(for: id)), orgID: orgID)
    }

    /// By itself: one round trip, on a connection that many share.
    static func application(_ id: String, orgID: String, _ pool: PostgresPool) async throws -> Application? {
        try application(await pool.pipeline(looks(for: id), org: orgID), orgID: orgID)
    }

    private static func looks(for id: String) -> [SQL] {
        [
            "SELECT * FROM orchestrator.applications WHERE id = \(id)",
            "SELECT app_id, id, name, type FROM orchestrator.environments WHERE app_id = \(id) ORDER BY created_at, id",
        ]
    }

    private static func application(_ results: [[Row]], orgID: String) throws -> Application? {
        guard results.count == 2 else { return nil }
        return try results[0].first.map { try application($0, orgID: orgID, environments: results[1]) }
    }

    static func insert(id: String, name: String, createdBy: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.applications (org_id, id, name, created_by)
            VALUES (martlet.current_org(), \(id), \(name), \(createdBy)) ON CONFLICT DO NOTHING
            """) == 1
    }

    static func setStatus(_ status: LifecycleStatus, _ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.applications
            SET status = \(status.rawValue), status_message = NULL, status_changed_at = clock_timestamp()
            WHERE id = \(id)
            """)
    }

    /// One that was on its way out stays.
    static func keep(_ id: String, message: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.applications
            SET status = 'active', status_message = \(message), status_changed_at = clock_timestamp()
            WHERE id = \(id) AND status = 'deleting'
            """)
    }

    static func delete(_ id: String, _ transaction: PostgresTransaction) async throws {
        try await ValueStore.forgetApplication(id, transaction)
        try await transaction.execute("DELETE FROM orchestrator.applications WHERE id = \(id)")
    }

    /// The row, locked for this transaction: of two environments that go at the same time, the later one sees that it is the last.
    static func lock(_ id: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.query("SELECT 1 AS locked FROM orchestrator.applications WHERE id = \(id) FOR UPDATE")
    }

    /// Deletes the application when it is on its way out and has no environment left.
    static func deleteWhenEmpty(_ id: String, _ transaction: PostgresTransaction) async throws {
        let empty = try await transaction.query(
            """
            SELECT 1 AS empty FROM orchestrator.applications WHERE id = \(id) AND status = 'deleting'
            AND NOT EXISTS (SELECT 1 FROM orchestrator.environments WHERE app_id = \(id))
            """)
        if !empty.isEmpty { try await delete(id, transaction) }
    }

    private static func application(_ row: Row, orgID: String, environments: [Row]) throws -> Application {
        Application(
            id: try row.string("id"), name: try row.string("name"), orgID: orgID, createdAt: try row.timestamp("created_at"),
            createdBy: try row.string("created_by"),
            envs: try environments.map {
                EnvironmentSummary(id: try $0.string("id"), name: try $0.string("name"), type: try $0.string("type"))
            },
            status: LifecycleStatus(rawValue: try row.string("status")) ?? .active,
            statusChangedAt: try row.timestamp("status_changed_at"), statusMessage: try row.optionalString("status_message"))
    }
}
