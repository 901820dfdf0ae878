import PlatformModel
import Postgres

/// The database came to another server: a standby was promoted. If it did not follow its predecessor at every commit, it lacks the last
/// of what that one had acknowledged: what was begun before may be done, whatever is on record.
struct ServerReplacement: Sendable, Hashable {
    /// When it was seen.
    var at: Timestamp
    /// Whoever was at work at that time, and has nothing on record for it any more, has heard so by now.
    var isSettled: Bool

    /// The longest pause between two tries to connect, and then some: only who is connected hears that a row of his is gone.
    private static let reconnectionSeconds = 6.0

    /// For `init(_:)`; notes a replacement that nobody has seen.
    static func query(leaseSeconds: Double) -> SQL {
        """
        SELECT at AS replaced_at, at < clock_timestamp() - make_interval(secs => \(leaseSeconds * 2 + reconnectionSeconds)) AS settled
        FROM orchestrator.replaced_at() AS at
        """
    }

    static func newest(_ pool: PostgresPool) async throws -> ServerReplacement? {
        try await pool.query(query(leaseSeconds: 0)).first.flatMap { try ServerReplacement($0) }
    }

    /// Whether the step may have been done already though nothing is on record for it. Not so for a try that somebody asked for when he
    /// had seen how the one before it ended.
    func concerns(
        _ claim: StepStore.Claim, of deployment: Deployment, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard deployment.createdAt < at else { return false }
        guard claim.attempt > 1 else { return true }
        return try await transaction.query(
            """
            SELECT 1 AS tried FROM orchestrator.step_attempts
            WHERE deployment_id = \(claim.deploymentID) AND node = \(claim.node) AND verb = \(claim.verb)
              AND attempt = \(claim.attempt - 1) AND ended_at > \(at)
            """
        ).isEmpty
    }
}

extension ServerReplacement {
    /// Nil when there was none.
    init?(_ row: Row) throws {
        guard let at = try row.optionalTimestamp("replaced_at") else { return nil }
        self.at = at
        isSettled = try row.bool("settled")
    }
}
