import PlatformModel
import Postgres
import ServiceAPI

/// `logs.ended_environments`, inside `withOrg`.
enum EndingStore {
    /// Until then nothing of the environment is stored any more that was written before now.
    private static let keptFor: SQL = "interval '1 day'"

    /// Notes the end, after every writer that has its turn already.
    static func insert(_ ending: LogEnding, _ transaction: PostgresTransaction) async throws(PostgresError) {
        _ = try await transaction.pipeline([
            BatchStore.turn(of: ending.orgID),
            """
            INSERT INTO logs.ended_environments (org_id, app_id, env_id, ended_at)
            VALUES (\(ending.orgID), \(ending.appID), \(ending.envID), clock_timestamp())
            ON CONFLICT (org_id, app_id, env_id) DO UPDATE SET ended_at = excluded.ended_at
            """,
        ])
    }

    /// Takes away the lines that there are; at most `limit`.
    ///
    /// - Returns: How many there were.
    static func deleteLines(
        of ending: LogEnding, limit: Int, _ transaction: PostgresTransaction
    ) async throws(PostgresError) -> Int {
        let rows = try await transaction.query(
            """
            WITH gone AS (
                DELETE FROM logs.entries WHERE org_id = \(ending.orgID) AND id IN (
                    SELECT id FROM logs.entries
                    WHERE org_id = \(ending.orgID) AND app_id = \(ending.appID) AND env_id = \(ending.envID)
                    LIMIT \(limit))
                RETURNING hour, octet_length(line) + \(EntryStore.overhead) AS bytes),
            freed AS (
                UPDATE logs.usage SET bytes = greatest(usage.bytes - gone.bytes, 0), lines = greatest(usage.lines - gone.lines, 0)
                FROM (SELECT hour, sum(bytes) AS bytes, count(*) AS lines FROM gone GROUP BY hour) AS gone
                WHERE usage.org_id = \(ending.orgID) AND usage.hour = gone.hour)
            SELECT count(*) AS lines FROM gone
            """)
        return try rows.first?.int("lines") ?? 0
    }

    static func sweep(orgID: String, _ transaction: PostgresTransaction) async throws(PostgresError) {
        try await transaction.execute(
            "DELETE FROM logs.ended_environments WHERE org_id = \(orgID) AND ended_at < clock_timestamp() - \(keptFor)")
    }
}
