import PlatformModel
import Postgres

/// Who looks at which environment, and when; two orchestrators never make the same report.
enum DriftQueue {
    static let channel = "martlet_drift"

    static let leases = LeaseQueue(
        table: "orchestrator.drift_queue", keys: ["app_id", "env_id", "report_id"], mark: "after_replacement")

    struct Claim: Sendable, Hashable {
        var lease: LeaseQueue.Lease

        var orgID: String { lease.orgID }
        var appID: String { lease.keys[0] }
        var envID: String { lease.keys[1] }
        var reportID: String { lease.keys[2] }
        /// It has been tried for longer than an hour.
        var isOverdue: Bool { lease.isOverdue }
        /// The database came to another server: what it says of the environment may be older than what stands.
        var isAfterReplacement: Bool { lease.isMarked }
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
        try await leases.claim(owner: owner, limit: limit, leaseSeconds: leaseSeconds, pool).map(Claim.init)
    }

    /// An environment goes: nobody looks at it any more. First from the schedule, whose holder may be about to put it into the queue.
    static func forget(_ envID: String, appID: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            DELETE FROM orchestrator.drift_schedule
            WHERE org_id = martlet.current_org() AND app_id = \(appID) AND env_id = \(envID)
            """,
            """
            DELETE FROM orchestrator.drift_queue
            WHERE org_id = martlet.current_org() AND app_id = \(appID) AND env_id = \(envID)
            """,
        ])
    }
}
