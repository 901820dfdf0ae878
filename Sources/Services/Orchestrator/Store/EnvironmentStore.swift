import PlatformModel
import Postgres

/// Environments of an application, with the deployments they point at.
enum EnvironmentStore {
    /// An environment's row, without its deployments.
    struct Record {
        var id: String
        var name: String
        var type: String
        var fromDeployID: String?
        var lastDeployID: String?
        /// What the next deployment builds on; nil where no deployment or an earlier version of Martlet said so.
        var fromSetID: String?
        var status: LifecycleStatus
        /// How long anything may take in environments of its type.
        var limits: EnvironmentTypeLimits
    }

    static func list(appID: String, _ transaction: PostgresTransaction) async throws -> [Environment] {
        let rows = try await transaction.query(
            "SELECT * FROM orchestrator.environments WHERE app_id = \(appID) ORDER BY created_at, id")
        return try await environments(rows, transaction)
    }

    static func environment(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> Environment? {
        let rows = try await transaction.query(
            "SELECT * FROM orchestrator.environments WHERE app_id = \(appID) AND id = \(id)")
        return try await environments(rows, transaction).first
    }

    /// The row, locked for this transaction: whoever starts or ends a run takes it first.
    static func lock(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> Record? {
        try await record("FOR UPDATE", id, appID: appID, transaction)
    }

    static func record(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> Record? {
        try await record("", id, appID: appID, transaction)
    }

    private static func record(
        _ locking: StaticString, _ id: String, appID: String, _ transaction: PostgresTransaction
    ) async throws -> Record? {
        let sql: SQL = """
            SELECT id, name, type, from_deploy_id, from_set_id, last_deploy_id, status,
                   (SELECT step_limit_seconds FROM orchestrator.environment_types t WHERE t.id = e.type) AS step_limit,
                   (SELECT deployment_limit_seconds FROM orchestrator.environment_types t WHERE t.id = e.type) AS deployment_limit
            FROM orchestrator.environments e WHERE app_id = \(appID) AND id = \(id) \(unsafe: locking)
            """
        return try await transaction.query(sql).first.map { row in
            let type = try row.string("type")
            return Record(
                id: try row.string("id"), name: try row.string("name"), type: type,
                fromDeployID: try row.optionalString("from_deploy_id"), lastDeployID: try row.optionalString("last_deploy_id"),
                fromSetID: try row.optionalString("from_set_id"),
                status: LifecycleStatus(rawValue: try row.string("status")) ?? .active,
                limits: EnvironmentTypeLimits(
                    type: type, step: try row.optionalInt("step_limit"), deployment: try row.optionalInt("deployment_limit")))
        }
    }

    static func insert(
        _ environment: EnvironmentSummary, appID: String, fromDeployID: String?, createdBy: String,
        _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.environments (org_id, app_id, id, name, type, from_deploy_id, from_set_id, created_by)
            VALUES (martlet.current_org(), \(appID), \(environment.id), \(environment.name), \(environment.type),
                    \(fromDeployID), (SELECT set_id FROM orchestrator.deployments WHERE id = \(fromDeployID)), \(createdBy))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    static func rebase(_ id: String, appID: String, onto deployID: String?, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.environments
            SET from_deploy_id = \(deployID), from_set_id = (SELECT set_id FROM orchestrator.deployments WHERE id = \(deployID))
            WHERE app_id = \(appID) AND id = \(id)
            """)
    }

    /// A new deployment is the environment's last, and the base of the next; what was said of an earlier deletion is over.
    static func setLastDeploy(_ deployID: String, _ id: String, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.environments SET last_deploy_id = \(deployID), from_deploy_id = \(deployID), status_message = NULL,
                from_set_id = (SELECT set_id FROM orchestrator.deployments WHERE id = \(deployID))
            WHERE app_id = \(appID) AND id = \(id)
            """)
    }

    /// Those whose next deployment builds on a set with a workload of a profile, by any of its names, of those to which something was deployed.
    static func deployed(
        withProfile names: [String], _ transaction: PostgresTransaction
    ) async throws -> [(appID: String, envID: String, envType: String)] {
        try await transaction.query(
            """
            SELECT e.app_id, e.id, e.type FROM orchestrator.environments e
            LEFT JOIN orchestrator.deployments d ON d.org_id = e.org_id AND d.id = e.from_deploy_id
            JOIN orchestrator.sets s
              ON s.org_id = e.org_id AND s.app_id = e.app_id AND s.id = coalesce(e.from_set_id, d.set_id)
            WHERE e.last_deploy_id IS NOT NULL
              AND EXISTS (SELECT 1 FROM jsonb_each(s.content -> 'modules') m WHERE m.value ->> 'profile' = ANY(\(names)))
            ORDER BY e.app_id, e.id
            """
        )
        .map { (try $0.string("app_id"), try $0.string("id"), try $0.string("type")) }
    }

    static func setStatus(
        _ status: LifecycleStatus, message: String?, _ id: String, appID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.environments
            SET status = \(status.rawValue), status_message = \(message), status_changed_at = clock_timestamp()
            WHERE app_id = \(appID) AND id = \(id)
            """)
    }

    /// With all that is about it.
    static func delete(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws {
        try await DriftQueue.forget(id, appID: appID, transaction)
        try await ValueStore.forgetEnvironment(id, appID: appID, transaction)
        try await WorkloadUseStore.delete(environment: id, appID: appID, transaction)
        try await HeldEnvironmentStore.delete(appID: appID, envID: id, transaction)
        try await transaction.execute("DELETE FROM orchestrator.environments WHERE app_id = \(appID) AND id = \(id)")
    }

    private static func environments(_ rows: [Row], _ transaction: PostgresTransaction) async throws -> [Environment] {
        let ids = try rows.flatMap { [try $0.optionalString("from_deploy_id"), try $0.optionalString("last_deploy_id")] }
            .compactMap { $0 }
        let deployments = try await DeploymentStore.deployments(ids, transaction)
        return try rows.map { row in
            Environment(
                id: try row.string("id"), name: try row.string("name"), type: try row.string("type"),
                createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
                fromDeploy: try row.optionalString("from_deploy_id").flatMap { deployments[$0] },
                lastDeploy: try row.optionalString("last_deploy_id").flatMap { deployments[$0] },
                status: LifecycleStatus(rawValue: try row.string("status")) ?? .active,
                statusChangedAt: try row.timestamp("status_changed_at"),
                statusMessage: try row.optionalString("status_message"))
        }
    }
}
