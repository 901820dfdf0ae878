import Planning
import PlatformModel
import Postgres

/// Deployments (and destructions: the runs that are no deployments), their errors and events.
enum DeploymentStore {
    /// A run as the engine needs it.
    struct Run {
        enum Kind: String { case deploy, destroy }
        var deployment: Deployment
        var appID: String
        var kind: Kind
        /// Of a destruction: what it is for.
        var scope: JSON?
        /// Of a destruction: it may take data along.
        var force = false
        /// Set once it was stopped: it begins nothing more.
        var stop: RunStop?
        /// How long it may take from its start.
        var limit: RunStop.Limit?
        /// That time is over.
        var isOverdue = false
        /// Its organisation is suspended: nothing of it begins.
        var isSuspended = false
        /// The limits of its environment's type; nil when the environment is gone.
        var limits: EnvironmentTypeLimits?
    }

    private static let columns: SQL = """
        SELECT app_id, env_id, id, kind, set_id, delta_id, from_id, comment, mode, status, status_changed_at, created_at,
               created_by, graph_id, retried_by, retried_at, value_set_version_id,
               CASE status WHEN 'pending' THEN (
                   SELECT count(*) FROM orchestrator.deployments AS ahead
                   WHERE ahead.app_id = deployments.app_id AND ahead.env_id = deployments.env_id AND ahead.status = 'pending'
                     AND (ahead.created_at, ahead.id) <= (deployments.created_at, deployments.id)) END AS queue_position,
               CASE status WHEN 'pending' THEN (
                   SELECT ahead.id FROM orchestrator.deployments AS ahead
                   WHERE ahead.app_id = deployments.app_id AND ahead.env_id = deployments.env_id
                     AND ahead.status IN ('pending', 'in progress')
                     AND (ahead.created_at, ahead.id) < (deployments.created_at, deployments.id)
                   ORDER BY ahead.created_at DESC, ahead.id DESC LIMIT 1) END AS waits_for
        """

    static func list(appID: String, envID: String, _ transaction: PostgresTransaction) async throws -> [Deployment] {
        try await transaction.query(
            columns + """
                 FROM orchestrator.deployments WHERE app_id = \(appID) AND env_id = \(envID) AND kind = 'deploy'
                ORDER BY created_at DESC, id LIMIT 1000
                """
        )
        .map(deployment)
    }

    static func deployment(
        _ id: String, appID: String, envID: String, _ transaction: PostgresTransaction
    ) async throws -> Deployment? {
        try await transaction.query(
            columns + """
                 FROM orchestrator.deployments
                WHERE id = \(id) AND app_id = \(appID) AND env_id = \(envID) AND kind = 'deploy'
                """
        )
        .first.map(deployment)
    }

    static func deployments(_ ids: [String], _ transaction: PostgresTransaction) async throws -> [String: Deployment] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await transaction.query(
            columns + " FROM orchestrator.deployments WHERE id = ANY(\(ids)) AND kind = 'deploy'")
        return Dictionary(try rows.map { (try $0.string("id"), try deployment($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// A deployment of the application, in whichever of its environments.
    static func deployment(_ id: String, ofApp appID: String, _ transaction: PostgresTransaction) async throws -> Deployment? {
        try await transaction.query(
            columns + " FROM orchestrator.deployments WHERE id = \(id) AND app_id = \(appID) AND kind = 'deploy'"
        )
        .first.map(deployment)
    }

    /// The run, locked for this transaction: every change of its steps happens under this lock.
    static func lock(_ id: String, _ transaction: PostgresTransaction) async throws -> Run? {
        try await lock([id], transaction)[id]
    }

    /// Several, always in the same order.
    static func lock(_ ids: Set<String>, _ transaction: PostgresTransaction) async throws -> [String: Run] {
        try runs(try await transaction.query(locking(ids)))
    }

    /// Its rows are `runs`.
    static func locking(_ ids: Set<String>) -> SQL { asking(ids) + " ORDER BY id FOR NO KEY UPDATE OF deployments" }

    /// Without a lock; its rows are `runs`.
    static func asking(_ ids: Set<String>) -> SQL {
        runQuery + " WHERE id = ANY(\(ids.sorted()))"
    }

    static func runs(_ rows: [Row]) throws -> [String: Run] {
        Dictionary(try rows.map { (try $0.string("id"), try run($0)) }, uniquingKeysWith: { first, _ in first })
    }

    static func run(_ id: String, _ transaction: PostgresTransaction) async throws -> Run? {
        try await transaction.query(runQuery + " WHERE id = \(id)").first.map(run)
    }

    /// With the limits of the environment's type; null where the environment is gone.
    private static let runQuery: SQL =
        columns + """
            , CASE kind WHEN 'destroy' THEN plan END AS destruction, stopped_at IS NOT NULL AS stopped, stopped_by, timeout_seconds,
              allowed_seconds,
              deadline_at < clock_timestamp() AS overdue,
              EXISTS (SELECT FROM martlet.tenants t WHERE t.org_id = deployments.org_id AND t.state = 'suspended') AS suspended,
              env_type, step_limit, deployment_limit
            FROM orchestrator.deployments LEFT JOIN LATERAL (
                SELECT e.type AS env_type, t.step_limit_seconds AS step_limit, t.deployment_limit_seconds AS deployment_limit
                FROM orchestrator.environments e LEFT JOIN orchestrator.environment_types t ON t.id = e.type
                WHERE e.app_id = deployments.app_id AND e.id = deployments.env_id
            ) AS environment ON true
            """

    /// Its rows are `status`.
    static func statusQuery(_ id: String) -> SQL { "SELECT status FROM orchestrator.deployments WHERE id = \(id)" }

    /// Nil when there is none.
    static func status(_ rows: [Row]) throws -> DeploymentStatus? {
        try rows.first.flatMap { DeploymentStatus(rawValue: try $0.string("status")) }
    }

    /// What the first step of a deployment decided; nil before it has.
    static func plan(of id: String, _ transaction: PostgresTransaction) async throws -> JSON? {
        try await transaction.query("SELECT plan FROM orchestrator.deployments WHERE id = \(id) AND kind = 'deploy'").first?
            .optionalJSON("plan")
    }

    /// What a deployment by the id of a plan may do; nil for every other, and once it is planned itself.
    static func expectedPlan(of id: String, _ transaction: PostgresTransaction) async throws -> DeploymentPlan? {
        let rows = try await transaction.query("SELECT expected_plan FROM orchestrator.deployments WHERE id = \(id)")
        return try rows.first?.optionalJSON("expected_plan").map { try DeploymentPlan(stored: $0) }
    }

    static func expect(_ plan: DeploymentPlan, of id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "UPDATE orchestrator.deployments SET expected_plan = \(try JSON(encoding: plan)) WHERE id = \(id)")
    }

    static func insert(
        _ deployment: Deployment, kind: Run.Kind, appID: String, plan: JSON?, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.deployments
                (org_id, app_id, env_id, id, kind, set_id, delta_id, from_id, comment, mode, created_by, plan, value_set_version_id)
            VALUES (martlet.current_org(), \(appID), \(deployment.envID), \(deployment.id), \(kind.rawValue), \(deployment.setID),
                    \(deployment.deltaID), \(deployment.fromID), \(deployment.comment), \(deployment.mode.rawValue),
                    \(deployment.createdBy), \(plan), \(deployment.valueSetVersionID))
            """)
    }

    /// The deployments that wait and were made on top of another.
    static func built(on id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query(
            """
            SELECT id FROM orchestrator.deployments
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND status = 'pending' AND from_id = \(id) ORDER BY id
            """
        )
        .map { try $0.string("id") }
    }

    /// How many runs of an environment wait for their turn.
    static func waiting(appID: String, envID: String, _ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.query(
            """
            SELECT count(*) AS count FROM orchestrator.deployments
            WHERE app_id = \(appID) AND env_id = \(envID) AND status = 'pending'
            """
        )
        .first?.int("count") ?? 0
    }

    /// The organisation's deployments in progress; no destructions.
    static func countRunning(_ transaction: PostgresTransaction) async throws -> Int64 {
        try await transaction.query(
            "SELECT count(*) AS count FROM orchestrator.deployments WHERE status = 'in progress' AND kind = 'deploy'"
        )
        .first?.int64("count") ?? 0
    }

    /// The deployments of an environment that wait for their turn; no destructions.
    static func waitingDeployments(appID: String, envID: String, _ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query(
            """
            SELECT id FROM orchestrator.deployments
            WHERE app_id = \(appID) AND env_id = \(envID) AND status = 'pending' AND kind = 'deploy' ORDER BY created_at, id
            """
        )
        .map { try $0.string("id") }
    }

    static func setStatus(_ status: DeploymentStatus, _ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deployments SET status = \(status.rawValue), status_changed_at = clock_timestamp() WHERE id = \(id)
            """)
    }

    static func setPlan(_ plan: JSON, graphID: String, _ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deployments SET plan = \(plan), graph_id = \(graphID), expected_plan = NULL WHERE id = \(id)
            """)
    }

    /// The environment's run that is in progress, and the oldest that waits.
    static func queue(
        appID: String, envID: String, _ transaction: PostgresTransaction
    ) async throws -> (running: String?, next: String?) {
        let rows = try await transaction.query(
            """
            SELECT id, status FROM orchestrator.deployments
            WHERE app_id = \(appID) AND env_id = \(envID) AND status IN ('pending', 'in progress') ORDER BY created_at, id
            """)
        func first(_ status: DeploymentStatus) throws -> String? {
            try rows.first { try $0.string("status") == status.rawValue }?.string("id")
        }
        return (try first(.inProgress), try first(.pending))
    }

    /// - Parameter step: Whose errors they are; kept beside each, so that they go when it is tried again.
    static func insert(
        _ errors: [DeploymentError], of id: String, step: String? = nil, _ transaction: PostgresTransaction
    ) async throws {
        for error in errors {
            var body = try JSON(encoding: error)
            if let step { body["step"] = .string(step) }
            try await transaction.execute(
                """
                INSERT INTO orchestrator.deployment_errors (org_id, deployment_id, position, body)
                SELECT martlet.current_org(), \(id),
                       coalesce((SELECT max(position) + 1 FROM orchestrator.deployment_errors WHERE deployment_id = \(id)), 0),
                       \(body)
                """)
        }
    }

    static func errors(of id: String, _ transaction: PostgresTransaction) async throws -> [DeploymentError] {
        try await transaction.query(
            "SELECT body FROM orchestrator.deployment_errors WHERE deployment_id = \(id) ORDER BY position"
        )
        .map { try $0.json("body").decode(DeploymentError.self) }
    }

    private static func run(_ row: Row) throws -> Run {
        let destruction = try row.optionalJSON("destruction")
        let stop = try row.bool("stopped") ? try RunStop(row) : nil
        let limits = try row.optionalString("env_type").map { type in
            EnvironmentTypeLimits(
                type: type, step: try row.optionalInt("step_limit"), deployment: try row.optionalInt("deployment_limit"))
        }
        return Run(
            deployment: try deployment(row), appID: try row.string("app_id"),
            kind: Run.Kind(rawValue: try row.string("kind")) ?? .deploy, scope: destruction?["scope"],
            force: destruction?["force"]?.bool ?? false, stop: stop, limit: try RunStop.Limit(row),
            isOverdue: try row.optionalBool("overdue") ?? false, isSuspended: try row.bool("suspended"), limits: limits)
    }

    private static func deployment(_ row: Row) throws -> Deployment {
        var deployment = Deployment(
            id: try row.string("id"), envID: try row.string("env_id"), setID: try row.string("set_id"),
            deltaID: try row.optionalString("delta_id"), fromID: try row.string("from_id"), comment: try row.string("comment"),
            createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
            status: DeploymentStatus(rawValue: try row.string("status")) ?? .pending,
            statusChangedAt: try row.timestamp("status_changed_at"),
            mode: DeploymentMode(rawValue: try row.string("mode")) ?? .full,
            dependencyGraphID: try row.optionalString("graph_id"))
        deployment.valueSetVersionID = try row.optionalString("value_set_version_id")
        deployment.queuePosition = try row.optionalInt("queue_position")
        deployment.waitsFor = try row.optionalString("waits_for")
        deployment.retriedBy = try row.optionalString("retried_by")
        deployment.retriedAt = try row.optionalTimestamp("retried_at")
        return deployment
    }
}
