import LogRules
import PlatformModel
import Postgres

/// `logs.usage` and `logs.organizations`.
enum UsageStore {
    /// Everybody who has lines.
    static func organizations(_ database: PostgresPool) async throws(PostgresError) -> [String] {
        var ids: [String] = []
        for row in try await database.query("SELECT org_id FROM logs.organizations ORDER BY org_id") {
            ids.append(try row.string("org_id"))
        }
        return ids
    }

    /// The hours that are kept, and the time now by the same clock. Inside `withOrg`.
    static func spans(
        orgID: String, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> (spans: [RetentionRule.Span], now: Timestamp) {
        let results = try await transaction.pipeline([
            "SELECT clock_timestamp() AS now",
            "SELECT hour + interval '1 hour' AS until, bytes FROM logs.usage WHERE org_id = \(orgID)",
        ])
        guard results.count == 2, let now = try results[0].first?.timestamp("now") else {
            throw PostgresError(.decoding, "the clock gave no time")
        }
        var spans: [RetentionRule.Span] = []
        for row in results[1] {
            spans.append(RetentionRule.Span(end: try row.timestamp("until"), bytes: try row.int64("bytes")))
        }
        return (spans, now)
    }

    /// What all of the lines take. Inside `withOrg`.
    static func bytes(_ transaction: PostgresTransaction) async throws(PostgresError) -> Int64 {
        try await transaction.query("SELECT coalesce(sum(bytes), 0)::bigint AS bytes FROM logs.usage").first?.int64("bytes") ?? 0
    }

    /// What the organisation's own limit is; nil: none.
    static func limit(_ transaction: PostgresTransaction) async throws(PostgresError) -> Int64? {
        try await transaction.query(
            "SELECT (limits ->> 'log_bytes')::bigint AS most FROM martlet.tenants WHERE org_id = martlet.current_org()"
        )
        .first?.optionalInt64("most")
    }

    /// Whether the organisation has a limit of its own and has used it up; its rows are `isFull`.
    static let fullness: SQL = """
        SELECT (SELECT coalesce(sum(bytes), 0) FROM logs.usage) >= (limits ->> 'log_bytes')::bigint AS is_full
        FROM martlet.tenants WHERE org_id = martlet.current_org() AND limits ? 'log_bytes'
        """

    static func isFull(_ rows: [Row]) throws(PostgresError) -> Bool { try rows.first?.optionalBool("is_full") ?? false }

    /// Inside `withOrg`.
    static func forget(upTo end: Timestamp, orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            "DELETE FROM logs.usage WHERE org_id = \(orgID) AND hour + interval '1 hour' <= \(end)")
    }
}
