import PlatformModel
import Postgres
import ServiceAPI

/// `broker.stores`, inside `withOrg`, and when their tokens are renewed.
enum OutsideStoreStore {
    struct Row: Sendable {
        var id: String
        var revision: Int64
        var specification: JSON
        var keyID: String
        var credentials: [UInt8]
        var createdAt: Timestamp
        var createdBy: String
        var updatedAt: Timestamp
        var updatedBy: String

        var record: SecretStoreRecord {
            SecretStoreRecord(
                id: id, vault: specification, createdAt: createdAt, createdBy: createdBy, updatedAt: updatedAt,
                updatedBy: updatedBy)
        }
    }

    static func list(_ orgID: String, _ transaction: PostgresTransaction) async throws -> [Row] {
        try await transaction.query("SELECT * FROM broker.stores WHERE org_id = \(orgID) ORDER BY id").map(row)
    }

    static func store(_ id: String, _ orgID: String, _ transaction: PostgresTransaction) async throws -> Row? {
        try await transaction.query("SELECT * FROM broker.stores WHERE org_id = \(orgID) AND id = \(id)").first.map(row)
    }

    /// Writers of one store take turns.
    static func lock(_ id: String, _ orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(\("broker store \(orgID) \(id)"), 0))")
    }

    static func put(_ row: Row, _ orgID: String, by user: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO broker.stores
                (org_id, id, revision, specification, key_id, credentials, created_by, updated_by)
            VALUES (\(orgID), \(row.id), \(row.revision), \(row.specification), \(row.keyID), \(row.credentials), \(user), \(user))
            ON CONFLICT (org_id, id) DO UPDATE SET
                revision = excluded.revision, specification = excluded.specification, key_id = excluded.key_id,
                credentials = excluded.credentials, updated_at = clock_timestamp(), updated_by = excluded.updated_by
            """,
            """
            INSERT INTO broker.store_renewals (org_id, store_id) VALUES (\(orgID), \(row.id))
            ON CONFLICT (org_id, store_id) DO UPDATE SET due_at = clock_timestamp()
            """,
        ])
    }

    static func delete(_ id: String, _ orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        let deleted = try await transaction.execute("DELETE FROM broker.stores WHERE org_id = \(orgID) AND id = \(id)")
        try await transaction.execute("DELETE FROM broker.store_renewals WHERE org_id = \(orgID) AND store_id = \(id)")
        return deleted == 1
    }

    /// Whose tokens are to be renewed; each is somebody else's again after a minute, should this one not come to its end.
    static func due(limit: Int, _ pool: PostgresPool) async throws -> [(orgID: String, storeID: String)] {
        try await pool.query(
            """
            UPDATE broker.store_renewals SET due_at = clock_timestamp() + interval '1 minute'
            WHERE (org_id, store_id) IN (
                SELECT org_id, store_id FROM broker.store_renewals WHERE due_at <= clock_timestamp()
                ORDER BY due_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING org_id, store_id
            """
        )
        .map { (try $0.string("org_id"), try $0.string("store_id")) }
    }

    static func postpone(_ id: String, _ orgID: String, seconds: Double, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            UPDATE broker.store_renewals SET due_at = clock_timestamp() + make_interval(secs => \(seconds))
            WHERE org_id = \(orgID) AND store_id = \(id)
            """)
    }

    private static func row(_ row: Postgres.Row) throws -> Row {
        Row(
            id: try row.string("id"), revision: try row.int64("revision"), specification: try row.json("specification"),
            keyID: try row.string("key_id"), credentials: try row.bytes("credentials"),
            createdAt: try row.timestamp("created_at"),
            createdBy: try row.string("created_by"), updatedAt: try row.timestamp("updated_at"),
            updatedBy: try row.string("updated_by"))
    }
}
