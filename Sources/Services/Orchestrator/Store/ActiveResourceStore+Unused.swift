import PlatformModel
import Postgres

extension ActiveResourceStore {
    /// Since when each resource of an environment is unused, by GUResID, and the database's time now.
    static func unusedSince(
        _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> (since: [String: Timestamp], now: Timestamp) {
        let rows = try await transaction.query(
            """
            SELECT gu_res_id, unused_since FROM orchestrator.active_resources
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND unused_since IS NOT NULL
            """)
        let since = try rows.map { (try $0.string("gu_res_id"), try $0.timestamp("unused_since")) }
        let now = try await transaction.query("SELECT clock_timestamp() AS now").first?.timestamp("now")
        return (
            Dictionary(since, uniquingKeysWith: { first, _ in first }), now ?? Timestamp(milliseconds: 0)
        )
    }

    /// Notes what a plan asks for no more, and forgets that of what is asked for again.
    static func noteUse(
        unused: [ResourceIdentity], _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let types = unused.map(\.type), classes = unused.map(\.class), ids = unused.map(\.id)
        try await transaction.execute(
            """
            UPDATE orchestrator.active_resources AS r
            SET unused_since = CASE WHEN asked.type IS NULL THEN NULL ELSE clock_timestamp() END
            FROM orchestrator.active_resources AS own
            LEFT JOIN unnest(\(types)::text[], \(classes)::text[], \(ids)::text[]) AS asked (type, class, res_id)
              ON own.type = asked.type AND own.class = asked.class AND own.res_id = asked.res_id
            WHERE own.app_id = \(context.appID) AND own.env_id = \(context.envID)
              AND r.org_id = own.org_id AND r.app_id = own.app_id AND r.env_id = own.env_id
              AND r.type = own.type AND r.class = own.class AND r.res_id = own.res_id
              AND (r.unused_since IS NULL) <> (asked.type IS NULL)
            """)
    }
}
