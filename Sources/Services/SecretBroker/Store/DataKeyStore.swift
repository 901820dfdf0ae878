import Postgres

/// `broker.data_keys`, inside `withOrg`.
enum DataKeyStore {
    struct WrappedKey: Sendable, Hashable {
        var id: String
        var rootKeyID: String
        var wrapped: [UInt8]
    }

    static func key(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> WrappedKey? {
        try read(
            try await transaction.query(
                "SELECT id, root_key_id, wrapped FROM broker.data_keys WHERE org_id = \(orgID) AND id = \(id)"))
    }

    static func newest(orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> WrappedKey? {
        try read(
            try await transaction.query(
                """
                SELECT id, root_key_id, wrapped FROM broker.data_keys
                WHERE org_id = \(orgID) ORDER BY created_at DESC, id LIMIT 1
                """))
    }

    /// Only one transaction at a time makes an organisation's first key.
    static func lock(orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(\("broker data key \(orgID)"), 0))")
    }

    static func insert(_ key: WrappedKey, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            """
            INSERT INTO broker.data_keys (org_id, id, root_key_id, wrapped)
            VALUES (\(orgID), \(key.id), \(key.rootKeyID), \(key.wrapped))
            """)
    }

    private static func read(_ rows: [Row]) throws(PostgresError) -> WrappedKey? {
        guard let row = rows.first else { return nil }
        return WrappedKey(id: try row.string("id"), rootKeyID: try row.string("root_key_id"), wrapped: try row.bytes("wrapped"))
    }
}
