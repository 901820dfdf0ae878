import Postgres
import TestSupport

extension Appliance {
    /// The tables of every room that hold a row of an organisation, seen by PostgreSQL's superuser.
    func tablesHolding(org: String) async throws -> [String] {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: dsn(), applicationName: "tests"))
        let rows = try await connection.query(
            """
            SELECT name FROM (
                SELECT n.nspname || '.' || c.relname AS name,
                    query_to_xml(format('SELECT 1 AS found FROM %I.%I WHERE org_id = %L LIMIT 1', n.nspname, c.relname, \(org)::text),
                        false, true, '')::text AS found
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
                WHERE c.relkind IN ('r', 'p')
                    AND n.nspname IN ('gateway', 'orchestrator', 'runner', 'broker', 'logs', 'audit', 'martlet')
            ) t WHERE found LIKE '%<found>%' ORDER BY name
            """)
        await connection.close()
        return try rows.map { try $0.string("name") }
    }
}
