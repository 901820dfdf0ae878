import Postgres

/// The PostgreSQL server as its administrator sees it.
enum ClusterStore {
    static func facts(_ connection: PostgresConnection, database: String) async throws(PostgresError) -> ClusterFacts {
        let rows = try await connection.query(
            """
            SELECT current_user::text AS name, r.rolsuper, r.rolcreaterole, r.rolcreatedb, d.oid IS NOT NULL AS is_there,
                coalesce(pg_has_role(d.datdba, 'MEMBER'), false) AS is_owned,
                EXISTS (SELECT FROM pg_roles WHERE rolname = \(ClusterFacts.writer)) AS has_writer,
                EXISTS (
                    SELECT FROM pg_auth_members JOIN pg_roles g ON g.oid = roleid JOIN pg_roles m ON m.oid = member
                    WHERE g.rolname = \(ClusterFacts.writer) AND (m.rolname = 'martlet_logs' OR m.rolname = current_user AND admin_option)
                ) AS writer_granted
            FROM pg_roles r LEFT JOIN pg_database d ON d.datname = \(database) WHERE r.rolname = current_user
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "the server does not know the role that it let in") }
        return ClusterFacts(
            user: try row.string("name"), database: database, isSuperuser: try row.bool("rolsuper"),
            makesRoles: try row.bool("rolcreaterole"), makesDatabases: try row.bool("rolcreatedb"),
            hasDatabase: try row.bool("is_there"), ownsDatabase: try row.bool("is_owned"),
            hasWriter: try row.bool("has_writer"), writerIsGranted: try row.bool("writer_granted"))
    }

    /// In UTF-8, whatever the locale was in which the server was made, and with an order that no upgrade of a library changes.
    static func createDatabase(_ name: String, _ connection: PostgresConnection) async throws(PostgresError) {
        do {
            try await connection.execute(
                "CREATE DATABASE \(identifier: name) TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        } catch  where error.sqlstate == "42P04" || error.sqlstate == "23505" {
            // Another run was faster, or has just ended: one that was killed, whose statement the server went on with.
        }
    }

    /// Where the server reads who may come in.
    static func files(_ connection: PostgresConnection) async throws(PostgresError) -> (rules: String, mappings: String) {
        let rows = try await connection.query(
            "SELECT current_setting('hba_file') AS rules, current_setting('ident_file') AS mappings")
        guard let row = rows.first else { throw PostgresError(.decoding, "the server does not say where its files are") }
        return (try row.string("rules"), try row.string("mappings"))
    }

    static func reload(_ connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.query("SELECT pg_reload_conf() AS done")
    }

    /// Lines of those files that the server cannot read, for which it keeps all of the earlier ones.
    static func brokenLines(_ connection: PostgresConnection) async throws(PostgresError) -> [String] {
        var lines: [String] = []
        for row in try await connection.query(
            "SELECT format('line %s of pg_hba.conf: %s', line_number, error) AS line FROM pg_hba_file_rules WHERE error IS NOT NULL"
        ) {
            lines.append(try row.string("line"))
        }
        return lines
    }

    /// The newest migration; 0 where there is no schema.
    static func schemaVersion(_ connection: PostgresConnection) async throws(PostgresError) -> Int {
        do {
            return try await connection.query("SELECT coalesce(max(number), 0) AS version FROM martlet.migrations").first?
                .int("version") ?? 0
        } catch  where error.sqlstate == "42P01" || error.sqlstate == "3F000" {
            return 0
        }
    }
}
