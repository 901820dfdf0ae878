import Postgres

/// `broker.reads`, inside `withOrg`.
enum ReadAuditStore {
    struct Entry: Sendable, Hashable {
        var grantID: String
        var path: String
        var version: String?
        var outcome: String
        var callerUID: UInt32
        var requestID: String
    }

    static func append(_ entries: [Entry], orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        _ = try await transaction.pipeline(
            entries.map { entry in
                """
                INSERT INTO broker.reads (org_id, grant_id, path, version, outcome, caller_uid, request_id)
                VALUES (
                    \(orgID), \(String(entry.grantID.prefix(512))), \(entry.path), \(entry.version), \(entry.outcome),
                    \(Int64(entry.callerUID)), \(entry.requestID))
                """
            })
    }

    /// Takes the oldest, a bounded number at a time.
    static func sweep(orgID: String, days: Int, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            """
            DELETE FROM broker.reads WHERE org_id = \(orgID) AND id IN (
                SELECT id FROM broker.reads WHERE org_id = \(orgID) ORDER BY id LIMIT 1000
            ) AND at < clock_timestamp() - \(days) * interval '1 day'
            """)
    }
}
