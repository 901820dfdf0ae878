import Planning
import PlatformModel
import Postgres

/// Plans that are kept: at most `limit` of an environment, each for a week.
enum PlanStore {
    static let limit = 20
    static let days = 7

    private static let columns: SQL = """
        SELECT id, source, delta_id, from_deploy_id, base_set_id, set_id, mode, comment, totals, deployment_id,
               value_set_version_id, created_at, created_by
        """

    /// The environment's, newest first.
    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [PlanSummary] {
        try await transaction.query(
            columns + " FROM orchestrator.plans WHERE " + live(context) + " ORDER BY created_at DESC, id LIMIT \(limit)"
        )
        .map(summary)
    }

    static func plan(
        _ id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> SavedPlan? {
        let rows = try await transaction.query(
            columns + ", set_content, plan, manifests, effects FROM orchestrator.plans WHERE id = \(id) AND " + live(context))
        return try rows.first.map { row in
            SavedPlan(
                summary: try summary(row), set: try row.json("set_content").decode(DeploymentSet.self),
                plan: try DeploymentPlan(stored: try row.json("plan")),
                manifests: try row.json("manifests").decode([WorkloadChange].self),
                effects: try row.optionalJSON("effects")?.decode(PlanEffects.self))
        }
    }

    private static func live(_ context: EnvironmentContext) -> SQL {
        """
        app_id = \(context.appID) AND env_id = \(context.envID)
        AND created_at > clock_timestamp() - make_interval(days => \(days)::int)
        """
    }

    /// Keeps a new plan; one that has its id already stays as it is. What is too old, or one too many, goes.
    static func insert(_ saved: SavedPlan, _ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        let summary = saved.summary
        _ = try await transaction.pipeline([
            "DELETE FROM orchestrator.plans WHERE created_at <= clock_timestamp() - make_interval(days => \(days)::int)",
            """
            INSERT INTO orchestrator.plans
                (org_id, app_id, env_id, id, source, delta_id, from_deploy_id, base_set_id, set_id, set_content, mode, comment,
                 totals, plan, manifests, value_set_version_id, created_by)
            VALUES (martlet.current_org(), \(context.appID), \(context.envID), \(summary.id), \(summary.source.rawValue),
                    \(summary.deltaID), \(summary.fromDeployID), \(summary.baseSetID), \(summary.setID),
                    \(try JSON(encoding: saved.set)), \(summary.mode.rawValue), \(summary.comment),
                    \(try JSON(encoding: summary.totals)), \(try JSON(encoding: saved.plan)),
                    \(try JSON(encoding: saved.manifests)), \(summary.valueSetVersionID), \(summary.createdBy))
            ON CONFLICT DO NOTHING
            """,
            """
            DELETE FROM orchestrator.plans
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND id IN (
                SELECT id FROM orchestrator.plans WHERE app_id = \(context.appID) AND env_id = \(context.envID)
                ORDER BY created_at DESC, id OFFSET \(limit))
            """,
        ])
    }

    static func setDeployment(
        _ deploymentID: String, of id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.plans SET deployment_id = \(deploymentID)
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND id = \(id)
            """)
    }

    static func setEffects(
        _ effects: PlanEffects, of id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.plans SET effects = \(try JSON(encoding: effects))
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND id = \(id)
            """)
    }

    private static func summary(_ row: Row) throws -> PlanSummary {
        PlanSummary(
            id: try row.string("id"), source: PlanSummary.Source(rawValue: try row.string("source")) ?? .base,
            deltaID: try row.optionalString("delta_id"), fromDeployID: try row.optionalString("from_deploy_id"),
            baseSetID: try row.string("base_set_id"), setID: try row.string("set_id"),
            mode: DeploymentMode(rawValue: try row.string("mode")) ?? .incremental, comment: try row.string("comment"),
            totals: try row.json("totals").decode(PlanTotals.self), deploymentID: try row.optionalString("deployment_id"),
            valueSetVersionID: try row.optionalString("value_set_version_id"), createdAt: try row.timestamp("created_at"),
            createdBy: try row.string("created_by"))
    }
}
