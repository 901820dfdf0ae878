import Glibc
import Postgres

/// What the database says about itself.
enum DoctorStore {
    static func look(
        _ connection: PostgresConnection
    ) async throws(PostgresError) -> (database: HostObservations.Database, folder: String?) {
        let schema = try await ClusterStore.schemaVersion(connection)
        var before = timespec()
        clock_gettime(CLOCK_REALTIME, &before)
        let row = try await connection.query(
            """
            SELECT extract(epoch FROM clock_timestamp())::float8 AS now,
                CASE WHEN pg_has_role('pg_read_all_settings', 'MEMBER') THEN current_setting('data_directory') END AS folder
            """
        ).first
        let here = Double(before.tv_sec) + Double(before.tv_nsec) / 1e9
        let off = (try row?.double("now") ?? here) - here
        // Stores of organisations came with migration 33.
        var stores: [HostObservations.Store] = []
        if schema >= 33 {
            for row in try await connection.query(
                "SELECT org_id, id, specification ->> 'url' AS url FROM broker.stores ORDER BY org_id, id LIMIT 100")
            {
                stores.append(
                    .init(
                        organization: try row.string("org_id"), id: try row.string("id"),
                        address: try row.optionalString("url") ?? "unknown"))
            }
        }
        return (.reached(schema: schema, secondsOff: off, stores: stores), try row?.optionalString("folder"))
    }
}
