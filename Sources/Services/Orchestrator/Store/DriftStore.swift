import Planning
import PlatformModel
import Postgres

/// Reports of drift: at most `limit` of an environment, each for `days`.
enum DriftStore {
    static let limit = 20
    static let days = 30

    private static let columns: SQL = """
        SELECT id, env_id, origin, repair, status, message, totals, deployment_id, created_at, created_by, ended_at
        """

    /// The environment's, newest first, without their findings.
    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [DriftReport] {
        try await transaction.query(
            columns + " FROM orchestrator.drift_reports WHERE " + of(context) + " ORDER BY created_at DESC, id LIMIT \(limit)"
        )
        .map { try report($0, findings: []) }
    }

    static func report(
        _ id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> DriftReport? {
        try await transaction.query(
            columns + ", findings FROM orchestrator.drift_reports WHERE id = \(id) AND " + of(context)
        )
        .first.map { try report($0, findings: try $0.json("findings").decode([DriftFinding].self)) }
    }

    private static func of(_ context: EnvironmentContext) -> SQL { "app_id = \(context.appID) AND env_id = \(context.envID)" }

    private static func report(_ row: Row, findings: [DriftFinding]) throws -> DriftReport {
        DriftReport(
            id: try row.string("id"), envID: try row.string("env_id"),
            origin: DriftReport.Origin(rawValue: try row.string("origin")) ?? .asked, isRepair: try row.bool("repair"),
            status: DriftReport.Status(rawValue: try row.string("status")) ?? .failed,
            message: try row.optionalString("message"),
            totals: (try? row.json("totals").decode(DriftTotals.self)) ?? DriftTotals(), findings: findings,
            deploymentID: try row.optionalString("deployment_id"), createdAt: try row.timestamp("created_at"),
            createdBy: try row.string("created_by"), endedAt: try row.optionalTimestamp("ended_at"))
    }

    /// Puts a report on record that is to be made; one that has its id already stays. What is too old, or one too many, goes.
    static func begin(
        _ id: String, origin: DriftReport.Origin, isRepair: Bool, by: String, _ context: EnvironmentContext,
        _ transaction: PostgresTransaction
    ) async throws {
        _ = try await transaction.pipeline([
            "DELETE FROM orchestrator.drift_reports WHERE created_at <= clock_timestamp() - make_interval(days => \(days)::int)",
            """
            INSERT INTO orchestrator.drift_reports (org_id, app_id, env_id, id, origin, repair, created_by)
            VALUES (martlet.current_org(), \(context.appID), \(context.envID), \(id), \(origin.rawValue), \(isRepair), \(by))
            ON CONFLICT DO NOTHING
            """,
            """
            DELETE FROM orchestrator.drift_reports WHERE status <> 'running' AND app_id = \(context.appID)
              AND env_id = \(context.envID) AND id IN (
                SELECT id FROM orchestrator.drift_reports WHERE app_id = \(context.appID) AND env_id = \(context.envID)
                ORDER BY created_at DESC, id OFFSET \(limit))
            """,
        ])
    }

    static func end(
        _ id: String, _ status: DriftReport.Status, message: String?, findings: [DriftFinding], deploymentID: String?,
        _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.drift_reports
            SET status = \(status.rawValue), message = \(message), findings = \(try JSON(encoding: findings)),
                totals = \(try JSON(encoding: DriftTotals(findings))), deployment_id = \(deploymentID),
                ended_at = clock_timestamp()
            WHERE status = 'running' AND id = \(id) AND 
            """ + of(context))
    }

    /// What the schedule does with environments of a type, and as whom it repairs; nil: as the configuration says.
    static func schedule(
        ofType id: String, _ transaction: PostgresTransaction
    ) async throws -> (schedule: DriftSchedule, by: String)? {
        try await transaction.query("SELECT drift, drift_set_by FROM orchestrator.environment_types WHERE id = \(id)").first
            .flatMap { row in
                try row.optionalString("drift").flatMap(DriftSchedule.init).map {
                    ($0, try row.optionalString("drift_set_by") ?? "")
                }
            }
    }

    /// False when there is no such type. Its environments are looked at within the hour.
    static func setSchedule(
        _ schedule: DriftSchedule?, ofType id: String, by: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        let changed = try await transaction.execute(
            """
            UPDATE orchestrator.environment_types SET drift = \(schedule?.rawValue), drift_set_by = \(by) WHERE id = \(id)
            """)
        guard changed == 1 else { return false }
        try await transaction.execute(
            """
            INSERT INTO orchestrator.drift_schedule (org_id, app_id, env_id, due_at)
            SELECT \(orgID), app_id, id, clock_timestamp() + random() * interval '1 hour'
            FROM orchestrator.environments WHERE type = \(id)
            -- One that is about to go is waited for, and then not there.
            FOR KEY SHARE
            ON CONFLICT (org_id, app_id, env_id) DO UPDATE SET due_at = excluded.due_at
            """)
        return true
    }

    /// What a deployment is to repair; nil for every other.
    static func repairs(of deploymentID: String, _ transaction: PostgresTransaction) async throws -> [PlannedRepair]? {
        try await transaction.query("SELECT repairs FROM orchestrator.deployments WHERE id = \(deploymentID)").first?
            .optionalJSON("repairs")?.decode([PlannedRepair].self)
    }

    static func setRepairs(
        _ repairs: [PlannedRepair], of deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            "UPDATE orchestrator.deployments SET repairs = \(try JSON(encoding: repairs)) WHERE id = \(deploymentID)")
    }
}
