import DeployTargets
import PlatformModel
import Postgres

/// What this host's deploy target runs, without its secrets.
enum WorkloadStore {
    struct Record: Sendable {
        var key: WorkloadKey
        var grant: String
        var revision: String
        var mark: String
        var objects: [JSON]
        var slots: [SecretSlot]

        /// The standing grant of a workload node, as the orchestrator names it.
        static func grant(node: String) -> String { "standing.\(node)" }

        /// The workload's node, which its grant is named after.
        var node: String { String(grant.dropFirst(Self.grant(node: "").count)) }
    }

    /// Whether a deployment of the workload is under way, or was lost in the act: its replicas may hold newer secrets than the record.
    static func isBeingDeployed(node: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            "SELECT 1 AS one FROM runner.actions WHERE node = \(node) AND verb = 'deploy' AND state = 'running' AND started_at < 'infinity' LIMIT 1"
        )
        .isEmpty
    }

    static func keep(_ record: Record, host: String, _ transaction: PostgresTransaction) async throws {
        let environment = record.key.environment
        _ = try await transaction.pipeline([
            """
            INSERT INTO runner.workloads
                (org_id, app_id, env_id, env_type, workload_id, host, grant_id, revision, mark, objects, slots)
            VALUES (martlet.current_org(), \(environment.appID), \(environment.envID), \(environment.envType),
                    \(record.key.workload), \(host), \(record.grant), \(record.revision), \(record.mark),
                    \(JSON.array(record.objects)), \(try JSON(encoding: record.slots)))
            ON CONFLICT (org_id, app_id, env_id, workload_id) DO UPDATE
            SET host = excluded.host, grant_id = excluded.grant_id, revision = excluded.revision, mark = excluded.mark,
                objects = excluded.objects, slots = excluded.slots
            """,
            """
            INSERT INTO runner.host_workloads (host, org_id, app_id, env_id, workload_id)
            VALUES (\(host), \(environment.orgID), \(environment.appID), \(environment.envID), \(record.key.workload))
            ON CONFLICT DO NOTHING
            """,
        ])
    }

    static func record(_ key: WorkloadKey, _ transaction: PostgresTransaction) async throws -> Record? {
        try await transaction.query(
            """
            SELECT env_type, grant_id, revision, mark, objects, slots FROM runner.workloads
            WHERE app_id = \(key.environment.appID) AND env_id = \(key.environment.envID) AND workload_id = \(key.workload)
            """
        )
        .first.map { row in
            var environment = key.environment
            environment.envType = try row.string("env_type")
            return Record(
                key: WorkloadKey(environment: environment, workload: key.workload), grant: try row.string("grant_id"),
                revision: try row.string("revision"), mark: try row.string("mark"),
                objects: try row.json("objects").array ?? [], slots: try row.json("slots").decode([SecretSlot].self))
        }
    }

    static func forget(_ key: WorkloadKey, host: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            DELETE FROM runner.workloads
            WHERE app_id = \(key.environment.appID) AND env_id = \(key.environment.envID) AND workload_id = \(key.workload)
            """,
            """
            DELETE FROM runner.host_workloads
            WHERE host = \(host) AND org_id = \(key.environment.orgID) AND app_id = \(key.environment.appID)
              AND env_id = \(key.environment.envID) AND workload_id = \(key.workload)
            """,
        ])
    }

    static func forgetEnvironment(_ environment: EnvironmentContext, host: String, _ transaction: PostgresTransaction)
        async throws
    {
        _ = try await transaction.pipeline([
            "DELETE FROM runner.workloads WHERE app_id = \(environment.appID) AND env_id = \(environment.envID)",
            """
            DELETE FROM runner.host_workloads
            WHERE host = \(host) AND org_id = \(environment.orgID) AND app_id = \(environment.appID)
              AND env_id = \(environment.envID)
            """,
        ])
    }

    /// Every workload of a host, across tenants: ids only. The environment types are empty here.
    static func keys(host: String, _ pool: PostgresPool) async throws -> [WorkloadKey] {
        try await pool.query(
            "SELECT org_id, app_id, env_id, workload_id FROM runner.host_workloads WHERE host = \(host) ORDER BY 1, 2, 3, 4"
        )
        .map { row in
            WorkloadKey(
                environment: EnvironmentContext(
                    orgID: try row.string("org_id"), appID: try row.string("app_id"), envID: try row.string("env_id"),
                    envType: ""),
                workload: try row.string("workload_id"))
        }
    }
}
