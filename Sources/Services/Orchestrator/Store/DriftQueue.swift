import PlatformModel
import Postgres

/// Who looks at which environment, and when: leases with a fence, as those of steps (`StepStore`), so that two orchestrators never make
/// the same report.
enum DriftQueue {
    static let channel = "martlet_drift"

    struct Claim: Sendable, Hashable {
        var orgID: String
        var appID: String
        var envID: String
        var reportID: String
        var fence: Int64
        /// As of steps (`StepStore.Claim`).
        var owner: String
        /// It has been tried for longer than an hour.
        var isOverdue = false
        /// The database came to another server: what it says of the environment may be older than what stands.
        var isAfterReplacement = false
    }

    static func add(_ reportID: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.drift_queue (org_id, app_id, env_id, report_id)
            VALUES (\(context.orgID), \(context.appID), \(context.envID), \(reportID)) ON CONFLICT DO NOTHING
            """,
            "SELECT pg_notify(\(channel), '')",
        ])
    }

    /// An environment joins the schedule, at some time of the next day.
    static func join(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.drift_schedule (org_id, app_id, env_id, due_at)
            VALUES (\(context.orgID), \(context.appID), \(context.envID),
                    clock_timestamp() + random() * interval '1 day')
            ON CONFLICT DO NOTHING
            """)
    }

    static func leave(_ claim: Claim, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            DELETE FROM orchestrator.drift_schedule
            WHERE org_id = \(claim.orgID) AND app_id = \(claim.appID) AND env_id = \(claim.envID)
            """)
    }

    /// Moves what is due from the schedule to the queue, in one statement: whoever does it, it is done once. How many there were.
    static func schedule(hours: Int, limit: Int, _ pool: PostgresPool) async throws -> Int {
        try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT org_id, app_id, env_id, after_replacement FROM orchestrator.drift_schedule WHERE due_at <= clock_timestamp()
                ORDER BY due_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            ), moved AS (
                UPDATE orchestrator.drift_schedule AS s
                SET due_at = clock_timestamp() + make_interval(hours => \(hours)::int), after_replacement = false
                FROM due WHERE s.org_id = due.org_id AND s.app_id = due.app_id AND s.env_id = due.env_id
                RETURNING s.org_id, s.app_id, s.env_id, due.after_replacement
            )
            INSERT INTO orchestrator.drift_queue (org_id, app_id, env_id, report_id, after_replacement)
            SELECT org_id, app_id, env_id, left(replace(gen_random_uuid()::text, '-', ''), 16), after_replacement
            FROM moved RETURNING report_id
            """
        ).count
    }

    static func claim(owner: String, limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [Claim] {
        try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT org_id, app_id, env_id, report_id FROM orchestrator.drift_queue
                WHERE available_at <= clock_timestamp()
                  AND (owner IS NULL OR heartbeat_at < clock_timestamp() - make_interval(secs => \(leaseSeconds)))
                ORDER BY available_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE orchestrator.drift_queue AS q
            SET owner = \(owner), fence = nextval('orchestrator.fence'), heartbeat_at = clock_timestamp()
            FROM due
            WHERE q.org_id = due.org_id AND q.app_id = due.app_id AND q.env_id = due.env_id AND q.report_id = due.report_id
            RETURNING q.org_id, q.app_id, q.env_id, q.report_id, q.fence, q.deadline_at < clock_timestamp() AS overdue,
                      q.after_replacement
            """
        )
        .map { row in
            Claim(
                orgID: try row.string("org_id"), appID: try row.string("app_id"), envID: try row.string("env_id"),
                reportID: try row.string("report_id"), fence: try row.int64("fence"), owner: owner,
                isOverdue: try row.bool("overdue"), isAfterReplacement: try row.bool("after_replacement"))
        }
    }

    /// False when the claim is no longer ours.
    static func heartbeat(_ claim: Claim, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute(
            "UPDATE orchestrator.drift_queue SET heartbeat_at = clock_timestamp() WHERE " + ours(claim)) == 1
    }

    static func release(_ claim: Claim, afterSeconds: Double, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            UPDATE orchestrator.drift_queue
            SET owner = NULL, heartbeat_at = NULL, available_at = clock_timestamp() + make_interval(secs => \(afterSeconds))
            WHERE 
            """ + ours(claim))
    }

    /// Takes the row away. False when the claim is no longer ours: then nothing else may be written.
    static func finish(_ claim: Claim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM orchestrator.drift_queue WHERE " + ours(claim)) == 1
    }

    private static func ours(_ claim: Claim) -> SQL {
        """
        org_id = \(claim.orgID) AND app_id = \(claim.appID) AND env_id = \(claim.envID) AND report_id = \(claim.reportID)
        AND fence = \(claim.fence) AND owner = \(claim.owner)
        """
    }
}
