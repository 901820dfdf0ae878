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

    /// Notes what a plan asks for no more, and forgets that of what is asked for again. The environment's rows are read once: joined with
    /// themselves, or with what is asked for, they were compared each with each by a plan that was made when there were none.
    static func noteUse(
        unused: [ResourceIdentity], _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let types = unused.map(\.type), classes = unused.map(\.class), ids = unused.map(\.id)
        try await transaction.execute(
            """
            UPDATE orchestrator.active_resources
            SET unused_since = CASE WHEN unused_since IS NULL THEN clock_timestamp() END
            WHERE app_id = \(context.appID) AND env_id = \(context.envID)
              AND (unused_since IS NULL) = ((type, class, res_id) IN (
                  SELECT * FROM unnest(\(types)::text[], \(classes)::text[], \(ids)::text[])))
            """)
    }
}
