import PlatformModel
import Postgres
import ServiceAPI

/// `logs.batches`, inside `withOrg`.
enum BatchStore {
    static let channel = "martlet_logs"

    /// What a writer finds when it has its turn.
    struct Turn: Sendable {
        /// The hour of arrival.
        var hour: Timestamp
        /// By application and environment: what was written until then is of one that is gone.
        var ends: [[String]: Timestamp]
        /// The organisation has used its limit up: nothing more is stored until the oldest lines are gone.
        var isFull = false
    }

    /// Writers of an organisation take turns from here to their commit, so that ids grow in the order in which they can be seen.
    static func turn(of orgID: String) -> SQL { "SELECT pg_advisory_xact_lock(hashtextextended(\("logs \(orgID)"), 0))" }

    /// Nil when the batch is stored already.
    static func claim(_ batch: LogBatch, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) -> Turn? {
        let rows = try await transaction.pipeline([
            turn(of: orgID),
            """
            INSERT INTO logs.batches (org_id, source, sequence) VALUES (\(orgID), \(batch.source), \(batch.sequence))
            ON CONFLICT DO NOTHING RETURNING sequence
            """,
            "INSERT INTO logs.organizations (org_id) VALUES (\(orgID)) ON CONFLICT DO NOTHING",
            "SELECT pg_notify(\(channel), \(orgID))",
            "SELECT app_id, env_id, ended_at FROM logs.ended_environments WHERE org_id = \(orgID)",
            "SELECT date_trunc('hour', transaction_timestamp(), 'UTC') AS hour",
            UsageStore.fullness,
        ])
        guard rows.count == 7, !rows[1].isEmpty, let hour = try rows[5].first?.timestamp("hour") else { return nil }
        var ends: [[String]: Timestamp] = [:]
        for row in rows[4] { ends[[try row.string("app_id"), try row.string("env_id")]] = try row.timestamp("ended_at") }
        return Turn(hour: hour, ends: ends, isFull: try UsageStore.isFull(rows[6]))
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
