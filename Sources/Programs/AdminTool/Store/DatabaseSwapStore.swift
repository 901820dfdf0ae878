import AuditRules
import PlatformModel
import Postgres

/// Databases of a server that take each other's place.
enum DatabaseSwapStore {
    /// Not by the root key's own row: a host that was installed a moment ago has it.
    static func isInUse(_ connection: PostgresConnection) async throws(PostgresError) -> Bool {
        try await connection.query(
            "SELECT EXISTS (SELECT FROM martlet.tenants) OR EXISTS (SELECT FROM broker.secrets) AS is_in_use"
        ).first?.bool("is_in_use") ?? false
    }

    static func record(_ entry: AuditEntry, _ connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query("SELECT audit.append(\(JSON.array([entry.row]))) AS kept")
    }

    static func drop(_ name: String, _ server: PostgresConnection) async throws(PostgresError) {
        try await server.execute("DROP DATABASE IF EXISTS \(identifier: name)")
    }

    /// What a database's own rights are (migration 1): a dump does not have them.
    static func letServicesConnect(_ name: String, _ server: PostgresConnection) async throws(PostgresError) {
        try await server.transaction([
            "REVOKE ALL ON DATABASE \(identifier: name) FROM PUBLIC",
            """
            GRANT CONNECT ON DATABASE \(identifier: name)
                TO martlet_gateway, martlet_orchestrator, martlet_runner, martlet_broker, martlet_logs
            """,
        ])
    }

    /// Who else is connected to it, by role and program.
    static func sessions(_ name: String, _ server: PostgresConnection) async throws(PostgresError) -> [String] {
        var sessions: [String] = []
        for row in try await server.query(
            """
            SELECT DISTINCT concat_ws(' ', usename, '(' || nullif(application_name, '') || ')') AS who FROM pg_stat_activity
            WHERE datname = \(name) AND application_name <> 'martlet-admin' ORDER BY who
            """)
        {
            sessions.append(try row.string("who"))
        }
        return sessions
    }

    /// Both names in one transaction: there is no moment without the database.
    /// - Returns: What the one that was there is called now.
    static func replace(_ name: String, by new: String, _ server: PostgresConnection) async throws(PostgresError) -> String {
        let row = try await server.query("SELECT to_char(clock_timestamp(), 'YYYYMMDDHH24MISS') AS now").first
        let old = "\(name)_before_restore_\(try row?.string("now") ?? "")"
        try await server.transaction([
            "ALTER DATABASE \(identifier: name) RENAME TO \(identifier: old)",
            "ALTER DATABASE \(identifier: new) RENAME TO \(identifier: name)",
        ])
        return old
    }
}
