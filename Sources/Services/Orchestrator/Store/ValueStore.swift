import PlatformModel
import Postgres

/// Shared values: every content that a key ever had.
enum ValueStore {
    static func values(
        _ ids: some Sequence<String>, appID: String, _ transaction: PostgresTransaction
    ) async throws -> [String: SharedValue] {
        let ids = Array(Set(ids))
        guard !ids.isEmpty else { return [:] }
        let rows = try await transaction.query(
            "SELECT * FROM orchestrator.shared_values WHERE app_id = \(appID) AND id = ANY(\(ids))")
        return Dictionary(try rows.map { (try $0.string("id"), try value($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// `createdAt` nil: now. The row's `updated_at` is the database's clock.
    static func insert(
        _ value: SharedValue, isNew: Bool, appID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.shared_values
                (org_id, app_id, env_id, id, content_id, key, is_secret, value, secret_ref, description, created_at, updated_by)
            VALUES (martlet.current_org(), \(appID), \(value.level.envID), \(value.id), \(value.contentID), \(value.key),
                    \(value.isSecret), \(value.value), \(try value.reference.map { try JSON(encoding: $0) }), \(value.description),
                    CASE WHEN \(isNew) THEN clock_timestamp() ELSE \(value.createdAt) END, \(value.updatedBy))
            """)
    }

    /// The ids of all rows with a content.
    static func items(
        ofContent contentID: String, appID: String, _ transaction: PostgresTransaction
    ) async throws -> [String] {
        try await transaction.query(
            "SELECT id FROM orchestrator.shared_values WHERE app_id = \(appID) AND content_id = \(contentID)"
        )
        .map { try $0.string("id") }
    }

    /// What the application's values refer to, or did, in stores of the organisation's own; without versions.
    static func outsideReferences(appID: String, _ transaction: PostgresTransaction) async throws -> Set<SecretReference> {
        let rows = try await transaction.query(
            """
            SELECT DISTINCT secret_ref ->> 'store' AS store, secret_ref ->> 'ref' AS ref FROM orchestrator.shared_values
            WHERE app_id = \(appID) AND secret_ref ->> 'store' <> 'built-in'
            """)
        return Set(try rows.map { SecretReference(store: try $0.string("store"), ref: try $0.string("ref")) })
    }

    /// Forgets a content for good.
    static func purge(_ contentID: String, by user: String, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.shared_values
            SET value = NULL, purged_at = coalesce(purged_at, clock_timestamp()), purged_by = coalesce(purged_by, \(user))
            WHERE app_id = \(appID) AND content_id = \(contentID)
            """)
    }

    /// All that an environment had, when it goes; its secrets are erased soon after.
    static func forgetEnvironment(_ envID: String, appID: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.secret_removals (org_id, path)
            SELECT DISTINCT org_id, 'orgs/' || org_id || '/apps/' || app_id || '/envs/' || env_id || '/values'
            FROM orchestrator.shared_values WHERE app_id = \(appID) AND env_id = \(envID) AND is_secret
            ON CONFLICT DO NOTHING
            """,
            "DELETE FROM orchestrator.shared_values WHERE app_id = \(appID) AND env_id = \(envID)",
            "DELETE FROM orchestrator.value_set_versions WHERE app_id = \(appID) AND env_id = \(envID)",
        ])
    }

    /// Before an application goes: its rows go with it.
    static func forgetApplication(_ appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.secret_removals (org_id, path)
            SELECT DISTINCT org_id, 'orgs/' || org_id || '/apps/' || app_id || CASE env_id WHEN '' THEN '' ELSE '/envs/' || env_id END || '/values'
            FROM orchestrator.shared_values WHERE app_id = \(appID) AND is_secret
            ON CONFLICT DO NOTHING
            """)
    }

    private static func value(_ row: Row) throws -> SharedValue {
        SharedValue(
            id: try row.string("id"), contentID: try row.string("content_id"), level: ValueLevel(envID: try row.string("env_id")),
            key: try row.string("key"), isSecret: try row.bool("is_secret"), value: try row.optionalString("value"),
            reference: try row.optionalJSON("secret_ref")?.decode(SecretReference.self),
            description: try row.string("description"), createdAt: try row.timestamp("created_at"),
            updatedAt: try row.timestamp("updated_at"), updatedBy: try row.string("updated_by"),
            isPurged: try !row.isNull("purged_at"))
    }
}
