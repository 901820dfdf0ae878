import Postgres

/// Secrets that are to be erased at the broker, until they are.
enum SecretRemovalStore {
    struct Removal: Sendable, Hashable {
        var orgID: String
        var path: String
    }

    /// How long a removal is left alone after it was begun, in seconds.
    private static let pause = 30.0

    /// In the transaction after which nothing refers to what is there.
    ///
    /// - Parameter delay: seconds until the worker takes it; who asks for it now erases it now.
    static func add(_ path: String, orgID: String, delay: Double = 0, _ transaction: PostgresTransaction)
        async throws(PostgresError)
    {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.secret_removals (org_id, path, due_at)
            VALUES (\(orgID), \(path), clock_timestamp() + make_interval(secs => \(delay)))
            ON CONFLICT (org_id, path) DO UPDATE SET due_at = excluded.due_at
            """)
    }

    /// What is due; each is somebody else's again after a while, should this one not come to its end.
    static func claim(limit: Int, _ pool: PostgresPool) async throws -> [Removal] {
        try await pool.query(
            """
            UPDATE orchestrator.secret_removals SET due_at = clock_timestamp() + make_interval(secs => \(pause))
            WHERE (org_id, path) IN (
                SELECT org_id, path FROM orchestrator.secret_removals WHERE due_at <= clock_timestamp()
                ORDER BY due_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING org_id, path
            """
        )
        .map { Removal(orgID: try $0.string("org_id"), path: try $0.string("path")) }
    }

    /// What is to stay is taken off the list; false when it was not on it any more: it may be erased already.
    static func keep(_ path: String, orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            "DELETE FROM orchestrator.secret_removals WHERE org_id = \(orgID) AND path = \(path) AND due_at > clock_timestamp()")
            == 1
    }

    static func done(_ path: String, orgID: String, _ pool: PostgresPool) async throws {
        _ = try await pool.execute("DELETE FROM orchestrator.secret_removals WHERE org_id = \(orgID) AND path = \(path)")
    }
}
