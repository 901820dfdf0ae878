import Postgres

/// The queue by which orchestrators claim rollouts: a lease with an owner, a fence that only grows, and a heartbeat, as for steps.
enum RolloutQueueStore {
    static let channel = "martlet_rollouts"

    /// A claimed rollout.
    struct Claim: Sendable, Hashable {
        var orgID: String
        var rolloutID: String
        var fence: Int64
        /// As of steps (`StepStore.Claim`).
        var owner: String
    }

    /// Has it looked at, now. Whoever changes a rollout from outside calls this before it locks the rollout, as the engine does.
    static func enqueue(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.rollout_queue (org_id, rollout_id) VALUES (\(orgID), \(id))
            ON CONFLICT (org_id, rollout_id) DO UPDATE SET available_at = clock_timestamp()
            """,
            "SELECT pg_notify(\(channel), '')",
        ])
    }

    /// Claims up to `limit` that are due and that nobody holds, or whose holder's heartbeat is older than `leaseSeconds`.
    static func claim(owner: String, limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [Claim] {
        try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT org_id, rollout_id FROM orchestrator.rollout_queue
                WHERE available_at <= clock_timestamp()
                  AND (owner IS NULL OR heartbeat_at < clock_timestamp() - make_interval(secs => \(leaseSeconds)))
                ORDER BY available_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE orchestrator.rollout_queue AS q
            SET owner = \(owner), fence = nextval('orchestrator.fence'), heartbeat_at = clock_timestamp()
            FROM due WHERE q.org_id = due.org_id AND q.rollout_id = due.rollout_id
            RETURNING q.org_id, q.rollout_id, q.fence
            """
        )
        .map { row in
            Claim(
                orgID: try row.string("org_id"), rolloutID: try row.string("rollout_id"), fence: try row.int64("fence"),
                owner: owner)
        }
    }

    /// False when the claim is no longer ours.
    static func heartbeat(_ claim: Claim, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute(
            "UPDATE orchestrator.rollout_queue SET heartbeat_at = clock_timestamp() WHERE " + ours(claim)) == 1
    }

    /// Gives the claim back, to be taken again after a while.
    static func release(_ claim: Claim, afterSeconds: Double, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            UPDATE orchestrator.rollout_queue
            SET owner = NULL, heartbeat_at = NULL, available_at = clock_timestamp() + make_interval(secs => \(afterSeconds))
            WHERE 
            """ + ours(claim))
    }

    /// Whether the claim is still ours, which it then stays until the transaction ends.
    static func holds(_ claim: Claim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query("SELECT 1 AS held FROM orchestrator.rollout_queue WHERE " + ours(claim) + " FOR UPDATE")
            .isEmpty
    }

    /// There is nothing more to do: the row goes.
    static func finish(_ claim: Claim, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.rollout_queue WHERE " + ours(claim))
    }

    private static func ours(_ claim: Claim) -> SQL {
        """
        org_id = \(claim.orgID) AND rollout_id = \(claim.rolloutID) AND fence = \(claim.fence) AND owner = \(claim.owner)
        """
    }
}
