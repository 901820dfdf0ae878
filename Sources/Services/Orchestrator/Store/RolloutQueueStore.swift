import Postgres

/// The queue by which orchestrators claim rollouts.
enum RolloutQueueStore {
    static let channel = "martlet_rollouts"
    /// A deployment of a rollout has ended; the payload is `organisation rollout`.
    static let endings = "martlet_rollout_deployments"

    static let leases = LeaseQueue(table: "orchestrator.rollout_queue", keys: ["rollout_id"])

    /// A claimed rollout.
    struct Claim: Sendable, Hashable {
        var lease: LeaseQueue.Lease

        var orgID: String { lease.orgID }
        var rolloutID: String { lease.keys[0] }
    }

    /// Has it looked at, now. Whoever changes a rollout from outside calls this before it locks the rollout, as the engine does.
    static func enqueue(_ id: String, orgID: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.rollout_queue (org_id, rollout_id) VALUES (\(orgID), \(id))
            ON CONFLICT (org_id, rollout_id) DO UPDATE
            SET available_at = clock_timestamp(), wakes = rollout_queue.wakes + 1
            """,
            "SELECT pg_notify(\(channel), '')",
        ])
    }

    /// Tells whoever listens that a deployment has ended, if a rollout waits for it. Those wake the rollout: whoever ends a deployment
    /// holds its environment's row, and must not wait for that of a rollout, whose holder may want the environment's.
    static func tellEnd(of deploymentID: String, orgID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            SELECT pg_notify(\(endings), \(orgID) || ' ' || rollout_id) FROM orchestrator.rollout_targets
            WHERE deployment_id = \(deploymentID) AND state = 'deploying'
            """)
    }

    /// Has a rollout looked at that was told of; nothing where it has ended.
    static func wake(_ payload: String, _ pool: PostgresPool) async throws {
        let parts = payload.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        _ = try await pool.execute(
            """
            UPDATE orchestrator.rollout_queue SET available_at = clock_timestamp(), wakes = wakes + 1
            WHERE org_id = \(parts[0]) AND rollout_id = \(parts[1])
            """)
    }

    static func claim(owner: String, limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [Claim] {
        try await leases.claim(owner: owner, limit: limit, leaseSeconds: leaseSeconds, pool).map(Claim.init)
    }
}
