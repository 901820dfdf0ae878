import Postgres
import ServiceAPI

/// `logs.batches`, inside `withOrg`.
enum BatchStore {
    static let channel = "martlet_logs"

    /// False when the batch is stored already. Writers of an organisation take turns from here to their commit, so that ids
    /// grow in the order in which they can be seen.
    static func claim(_ batch: LogBatch, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> Bool {
        let rows = try await transaction.pipeline([
            "SELECT pg_advisory_xact_lock(hashtextextended(\("logs \(orgID)"), 0))",
            """
            INSERT INTO logs.batches (org_id, source, sequence) VALUES (\(orgID), \(batch.source), \(batch.sequence))
            ON CONFLICT DO NOTHING RETURNING sequence
            """,
            "INSERT INTO logs.organizations (org_id) VALUES (\(orgID)) ON CONFLICT DO NOTHING",
            "SELECT pg_notify(\(channel), \(orgID))",
        ])
        return rows.count == 4 && !rows[1].isEmpty
    }

    /// Nobody sends a batch again after a day, except the last one of a sender that was away.
    static func sweep(orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            """
            DELETE FROM logs.batches AS old
            WHERE org_id = \(orgID) AND received_at < clock_timestamp() - interval '1 day' AND EXISTS (
                SELECT FROM logs.batches AS newer
                WHERE newer.org_id = old.org_id AND newer.source = old.source AND newer.sequence > old.sequence)
            """)
    }
}
