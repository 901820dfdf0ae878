import Postgres
import TestSupport
import Testing

/// Row level security, as each of the ways around it is tried.
@Suite struct TenancyTests {
    private func sqlstate(_ body: () async throws -> Void) async -> String? {
        do { try await body() } catch let error as PostgresError { return error.sqlstate ?? "\(error)" } catch {
            return "\(error)"
        }
        return nil
    }

    @Test func aQueryWithoutTenantSeesNothing() async throws {
        // One connection of each kind, so that every query meets the session of the ones before.
        try await withPool({
            $0.sharedConnections = 1; $0.transactionConnections = 1
        }) { pool, _ async throws in
            #expect(try await pool.query("SELECT id FROM broker.things").isEmpty)
            #expect(try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "acme") == 1)
            try await pool.withOrg("acme") { transaction async throws in
                #expect(try await transaction.query("SELECT id FROM broker.things").count == 1)
            }
            // The setting of these sessions is '' now, not NULL.
            let row = try #require(try await pool.query("SELECT current_setting('martlet.org_id', true) AS org").first)
            #expect(try row.optionalString("org") == "")
            #expect(try await pool.query("SELECT id FROM broker.things").isEmpty)
            #expect(try await pool.query("SELECT id FROM broker.things", org: "").isEmpty)
            try await pool.withTransaction { transaction async throws in
                #expect(try await transaction.query("SELECT id FROM broker.things").isEmpty)
            }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == 1)
        }
    }

    @Test func anotherTenantsRowsAreNotThere() async throws {
        try await withPool { pool, _ async throws in
            try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "acme")
            #expect(try await pool.query("SELECT id FROM broker.things WHERE id = \("a")", org: "evil").isEmpty)
            #expect(try await pool.query("SELECT id FROM broker.things WHERE org_id = 'acme'", org: "evil").isEmpty)
            #expect(try await pool.execute("UPDATE broker.things SET size = 9 WHERE org_id = 'acme'", org: "evil") == 0)
            #expect(try await pool.execute("DELETE FROM broker.things", org: "evil") == 0)
            let sizes = try await pool.query("SELECT size FROM broker.things", org: "acme")
            #expect(try sizes.map { try $0.int("size") } == [0])
        }
    }

    @Test func writingIntoAnotherTenantIsRefused() async throws {
        try await withPool { pool, _ async throws in
            #expect(
                await sqlstate { try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "evil") }
                    == "42501")
            #expect(await sqlstate { try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')") } == "42501")
            try await pool.execute("INSERT INTO broker.things VALUES ('evil', 'a')", org: "evil")
            #expect(await sqlstate { try await pool.execute("UPDATE broker.things SET org_id = 'acme'", org: "evil") } == "42501")
            #expect(await sqlstate { try await pool.execute("INSERT INTO broker.things VALUES ('', 'a')", org: "") } != nil)
        }
    }

    @Test func aKeyViolationDoesNotTellAboutAnotherTenant() async throws {
        try await withPool { pool, _ async throws in
            try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "acme")
            #expect(try await pool.execute("INSERT INTO broker.things VALUES ('evil', 'a')", org: "evil") == 1)
        }
    }

    @Test func theOwnerIsHeldToThePolicyToo() async throws {
        try await withPool { pool, database async throws in
            try await pool.execute("INSERT INTO broker.things VALUES ('acme', 'a')", org: "acme")
            let owner = try await PostgresConnection.connect(database.configuration())
            try await owner.execute("SET ROLE martlet_owner")
            #expect(try await owner.query("SELECT id FROM broker.things").isEmpty)
            await owner.close()
        }
    }

    @Test func oneServiceCannotReadAnothersSchema() async throws {
        try await withPool(role: "martlet_logs") { pool, _ async throws in
            #expect(await sqlstate { _ = try await pool.query("SELECT id FROM broker.things", org: "acme") } == "42501")
            #expect(await sqlstate { _ = try await pool.query("SELECT id FROM broker.queue") } == "42501")
            #expect(await sqlstate { _ = try await pool.query("SELECT martlet.tenant_table('broker.queue')") } == "42501")
            #expect(await sqlstate { _ = try await pool.execute("CREATE TABLE logs.mine (id int)") } == "42501")
            #expect(await sqlstate { _ = try await pool.execute("CREATE TABLE public.mine (id int)") } == "42501")
            #expect(await sqlstate { _ = try await pool.execute("DELETE FROM martlet.migrations") } == "42501")
            #expect(await sqlstate { _ = try await pool.execute("SET ROLE martlet_owner") } == "42501")
        }
    }

    @Test func serviceRolesOwnNothingAndBypassNothing() async throws {
        try await withPool { pool, _ async throws in
            let strong = try await pool.query(
                """
                SELECT rolname FROM pg_roles WHERE rolname LIKE 'martlet%' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
                    AND rolname <> 'martlet_logs_writer'
                """)
            #expect(strong.isEmpty)
            // The one that bypasses row level security, for COPY, may insert into one table and do nothing else anywhere.
            let writer = try await pool.query(
                """
                SELECT c.oid::regclass::text AS name,
                    has_any_column_privilege('martlet_logs_writer', c.oid, 'SELECT, UPDATE, REFERENCES')
                    OR has_table_privilege('martlet_logs_writer', c.oid, 'DELETE, TRUNCATE, TRIGGER') AS more
                FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p', 'v', 'm') AND nspname NOT IN ('pg_catalog', 'information_schema')
                    AND has_any_column_privilege('martlet_logs_writer', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                """)
            #expect(try writer.map { try $0.string("name") } == ["logs.entries"] && writer.allSatisfy { try !$0.bool("more") })
            let owned = try await pool.query(
                """
                SELECT relname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
                WHERE rolname LIKE 'martlet_%' AND rolname <> 'martlet_owner'
                """)
            #expect(owned.isEmpty)
        }
    }

    /// Each table without forced row level security stands in the golden file, with its reason.
    @Test func tablesWithoutPolicyAreKnown() async throws {
        let database = try await PrivatePostgres.database()
        let connection = try await PostgresConnection.connect(database.configuration())
        let rows = try await connection.query(
            """
            SELECT nspname || '.' || relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname IN ('gateway', 'orchestrator', 'runner', 'broker', 'logs', 'audit', 'martlet') AND relkind IN ('r', 'p')
                AND NOT (relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
            ORDER BY 1
            """)
        await connection.close()
        let found = try rows.map { try $0.string("name") }
        #expect(found == (try Golden.lines("tables-without-policy.txt")).map { String($0.prefix { $0 != " " }) })
    }
}
