import PlatformModel
import Postgres
import TestSupport

/// What must be true of an environment: every object once and owned, nothing claimed, nothing left.
extension FaultLife {
    /// Databases and roles of the organisation's server, whoever made them.
    static func tenantObjects(_ tenant: PostgresConnection) async throws -> [Int] {
        let rows = try await tenant.query(
            """
            SELECT (SELECT count(*) FROM pg_database WHERE NOT datistemplate) AS databases,
                   (SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_') AS roles
            """)
        return try rows.first.map { [try $0.int("databases"), try $0.int("roles")] } ?? []
    }

    static func standingGrants(_ database: PostgresConnection) async throws -> Int {
        try await database.query("SELECT count(*) AS count FROM broker.grants WHERE standing").first?.int("count") ?? -1
    }

    /// A workload's containers, sandboxes too, by their state: `container running`.
    private func containers() async throws -> [String] {
        let all = try await appliance.podman.call("GET", "/containers/json?all=true").body.array ?? []
        let own = all.filter { $0["Labels"]?["martlet.env"]?.string == env && $0["Labels"]?["martlet.role"] != "guard" }
        return own.map { "\($0["Labels"]?["martlet.role"]?.string ?? "?") \($0["State"]?.string ?? "?")" }.sorted()
    }

    private func count(_ sql: SQL) async throws -> Int { try await database.query(sql).first?.int("count") ?? -1 }

    /// Databases and roles that carry their resources' marks, the workloads' containers, their grants; all of it once.
    func expectEverything(workloads: Int, databases: Int) async throws {
        expect("databases and roles", baseline.map { $0 + databases }, try await Self.tenantObjects(tenant))
        let marks = try await marks()
        expect("active databases", databases, marks.count)
        for mark in marks {
            let marked = try await tenant.query(
                """
                SELECT (SELECT count(*) FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE \(mark))
                     + (SELECT count(*) FROM pg_roles WHERE shobj_description(oid, 'pg_authid') LIKE \(mark)) AS count
                """)
            expect("ours by the mark", 2, try marked.first?.int("count") ?? -1)
        }
        let wanted = ["container running", "sandbox running"].flatMap { Array(repeating: $0, count: workloads) }
        // A container that was stopped is removed a moment later.
        if (try? await eventually(within: .seconds(10), "containers", { try await containers() == wanted })) == nil {
            expect("containers", wanted, try await containers())
        }
        expect(
            "workloads on record", workloads,
            try await count("SELECT count(*) AS count FROM runner.workloads WHERE env_id = \(env)"))
        expect("standing grants", grants + workloads, try await Self.standingGrants(database))
        expect(
            "states of Terraform", hasBox ? 1 : 0,
            try await count("SELECT count(*) AS count FROM runner.terraform_leases WHERE env_id = \(env)"))
        try await expectSettled()
    }

    /// Nothing of it is left anywhere.
    func expectNothing() async throws {
        expect("databases and roles left", baseline, try await Self.tenantObjects(tenant))
        if (try? await eventually(within: .seconds(10), "no containers", { try await containers().isEmpty })) == nil {
            expect("containers left", [], try await containers())
        }
        let secrets = "orgs/acme/apps/matrix/envs/\(env)/%"
        for (what, sql) in [
            ("workloads on record", "SELECT count(*) AS count FROM runner.workloads WHERE env_id = \(env)"),
            ("active resources", "SELECT count(*) AS count FROM orchestrator.active_resources WHERE env_id = \(env)"),
            ("deployments", "SELECT count(*) AS count FROM orchestrator.deployments WHERE env_id = \(env)"),
            ("secrets", "SELECT count(*) AS count FROM broker.secrets WHERE path LIKE \(secrets)"),
            ("states of Terraform", "SELECT count(*) AS count FROM runner.terraform_leases WHERE env_id = \(env)"),
            ("places on hosts", "SELECT count(*) AS count FROM runner.environment_hosts WHERE env_id = \(env)"),
            ("log lines", "SELECT count(*) AS count FROM logs.entries WHERE env_id = \(env)"),
        ] as [(String, SQL)] {
            expect("\(what) left", 0, try await count(sql))
        }
        expect("standing grants", grants, try await Self.standingGrants(database))
    }

    /// No row is claimed, none of a run that has ended is open, and no fence ever went down.
    func expectSettled() async throws {
        expect("steps in the queue", 0, try await count("SELECT count(*) AS count FROM orchestrator.step_queue"))
        // One that was asked for twice, since the first answer got lost, may wait for its turn.
        let looks: SQL = "SELECT count(*) AS count FROM orchestrator.drift_queue WHERE owner IS NOT NULL"
        if (try? await eventually(within: .seconds(10), "looks", { try await count(looks) == 0 })) == nil {
            expect("looks that somebody holds", 0, try await count(looks))
        }
        let open: SQL = """
            SELECT count(*) AS count FROM orchestrator.steps WHERE state IN ('waiting', 'ready', 'running')
            """
        expect("open steps", 0, try await count(open))
        let running: SQL = "SELECT count(*) AS count FROM runner.actions WHERE state = 'running'"
        // An action whose order was given up may still be on its way to its own end.
        if (try? await eventually(within: .seconds(10), "actions", { try await count(running) == 0 })) == nil {
            expect("running actions", 0, try await count(running))
        }
        for (what, sql) in [
            (
                "actions of runs that have ended, and not ended themselves",
                """
                SELECT count(*) AS count FROM runner.actions a JOIN orchestrator.deployments d ON d.org_id = a.org_id AND d.id = a.deployment_id
                WHERE a.state = 'running' AND d.status NOT IN ('pending', 'in progress')
                """
            ),
            (
                "deployments under way without a step that is open",
                """
                SELECT count(*) AS count FROM orchestrator.deployments d WHERE d.status = 'in progress' AND NOT EXISTS (
                    SELECT FROM orchestrator.steps s WHERE s.org_id = d.org_id AND s.deployment_id = d.id
                      AND s.state IN ('waiting', 'ready', 'running'))
                """
            ),
            ("rollouts that somebody holds", "SELECT count(*) AS count FROM orchestrator.rollout_queue WHERE owner IS NOT NULL"),
            (
                "resources that are neither active nor known to have failed",
                "SELECT count(*) AS count FROM orchestrator.active_resources WHERE env_id = \(env) AND status = 'pending'"
            ),
        ] as [(String, SQL)] {
            if (try? await eventually(within: .seconds(10), what, { try await count(sql) == 0 })) == nil {
                expect(what, 0, try await count(sql))
            }
        }
        expect("fences that went down", 0, try await count(Self.wrongFences))
        expect("leases taken early", 0, try await count("SELECT count(*) AS count FROM fault_matrix.thefts"))
    }

    private static let wrongFences: SQL = """
        SELECT count(*) AS count FROM (
            SELECT fence, lag(fence) OVER (PARTITION BY kind, key ORDER BY id) AS before FROM fault_matrix.fences
        ) AS f WHERE fence < before
        """

    /// Keeps every value that a fence ever had, in the order of the writes to its row.
    static func watchFences(_ database: PostgresConnection) async throws {
        for sql in [
            "CREATE SCHEMA IF NOT EXISTS fault_matrix",
            """
            CREATE TABLE IF NOT EXISTS fault_matrix.fences
                (id bigint GENERATED ALWAYS AS IDENTITY, kind text, key text, fence bigint)
            """,
            """
            CREATE OR REPLACE FUNCTION fault_matrix.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                INSERT INTO fault_matrix.fences (kind, key, fence) VALUES (TG_TABLE_NAME,
                    concat_ws('/', NEW.org_id, NEW.deployment_id, NEW.node, NEW.verb, NEW.attempt), NEW.fence);
                RETURN NULL;
            END $$
            """,
            """
            CREATE OR REPLACE TRIGGER fault_matrix AFTER INSERT OR UPDATE ON orchestrator.steps
            FOR EACH ROW EXECUTE FUNCTION fault_matrix.note()
            """,
            """
            CREATE OR REPLACE TRIGGER fault_matrix AFTER INSERT OR UPDATE ON runner.actions
            FOR EACH ROW EXECUTE FUNCTION fault_matrix.note()
            """,
        ] + thefts as [SQL] { try await database.execute(sql) }
    }

    /// Keeps which step or action changed hands while its owner's heartbeat was younger than the lease (two seconds here). Another
    /// process of the same host has outlived its predecessor.
    private static let thefts: [SQL] = [
        "CREATE TABLE IF NOT EXISTS fault_matrix.thefts (kind text, before text, after text)",
        """
        CREATE OR REPLACE FUNCTION fault_matrix.theft() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
            IF OLD.owner <> NEW.owner AND OLD.heartbeat_at > clock_timestamp() - interval '2 seconds'
                AND (TG_TABLE_NAME = 'step_queue' OR split_part(OLD.owner, '/', 1) <> split_part(NEW.owner, '/', 1)) THEN
                INSERT INTO fault_matrix.thefts VALUES (TG_TABLE_NAME, OLD.owner, NEW.owner);
            END IF;
            RETURN NULL;
        END $$
        """,
        """
        CREATE OR REPLACE TRIGGER fault_matrix_theft AFTER UPDATE ON orchestrator.step_queue
        FOR EACH ROW EXECUTE FUNCTION fault_matrix.theft()
        """,
        """
        CREATE OR REPLACE TRIGGER fault_matrix_theft AFTER UPDATE ON runner.actions
        FOR EACH ROW EXECUTE FUNCTION fault_matrix.theft()
        """,
    ]

    static func unwatchFences(_ database: PostgresConnection) async throws {
        try await database.execute("DROP SCHEMA fault_matrix CASCADE")
    }
}
