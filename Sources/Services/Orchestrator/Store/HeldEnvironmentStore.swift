import PlatformModel
import Postgres

/// Environments whose oldest waiting run cannot begin yet for what its organisation is held to.
enum HeldEnvironmentStore {
    static let channel = "martlet_tenants"

    struct Place: Sendable, Hashable {
        var orgID: String
        var appID: String
        var envID: String
    }

    /// One that is held already keeps its place.
    static func insert(_ cause: QueuePlace.Hold, appID: String, envID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.held_environments (org_id, app_id, env_id, cause)
            VALUES (martlet.current_org(), \(appID), \(envID), \(cause.rawValue))
            ON CONFLICT (org_id, app_id, env_id) DO UPDATE SET cause = excluded.cause
            """)
    }

    /// Whether others of the organisation wait for the same.
    static func hasOthers(appID: String, envID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            """
            SELECT 1 AS found FROM orchestrator.held_environments
            WHERE org_id = martlet.current_org() AND (app_id, env_id) <> (\(appID), \(envID)) LIMIT 1
            """
        ).isEmpty
    }

    static func delete(appID: String, envID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM orchestrator.held_environments
            WHERE org_id = martlet.current_org() AND app_id = \(appID) AND env_id = \(envID)
            """)
    }

    /// Those whose organisation may be able to go on, longest held first; some of each organisation.
    static func due(_ pool: PostgresPool) async throws -> [Place] {
        try await pool.query(
            """
            SELECT org_id, app_id, env_id FROM (
                SELECT h.*, row_number() OVER (PARTITION BY h.org_id ORDER BY h.since) AS place
                FROM orchestrator.held_environments h LEFT JOIN martlet.tenants t USING (org_id)
                WHERE coalesce(t.state, 'active') <> 'suspended'
            ) held WHERE place <= 20 ORDER BY since LIMIT 500
            """
        )
        .map { Place(orgID: try $0.string("org_id"), appID: try $0.string("app_id"), envID: try $0.string("env_id")) }
    }

    /// Tells every orchestrator that the organisation's may be able to go on, where it has some.
    static func tell(_ transaction: PostgresTransaction) async throws {
        _ = try await transaction.query(
            """
            SELECT pg_notify(\(channel), '')
            WHERE EXISTS (SELECT FROM orchestrator.held_environments WHERE org_id = martlet.current_org())
            """)
    }
}
