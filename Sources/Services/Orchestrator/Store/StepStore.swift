import Execution
import PlatformModel
import Postgres

/// The steps of runs, and the queue by which workers claim them.
///
/// A claim is a lease: an owner, a fence that only grows, and a heartbeat. Whoever writes a step's end deletes its queue row
/// `WHERE fence = mine` first; zero rows mean that somebody else has claimed it since, and nothing is written.
enum StepStore {
    /// A claimed step.
    struct Claim: Sendable, Hashable {
        var orgID: String
        var deploymentID: String
        var node: String
        var verb: String
        var attempt: Int
        var fence: Int64
        /// It has been tried for longer than `deadlineSeconds`.
        var isOverdue: Bool
    }

    /// How long a step is tried while others do not answer; then it ends with what kept it.
    static let deadlineSeconds = 3600.0

    /// A step's row.
    struct Step: Sendable {
        var node: String
        var verb: String
        var object: String
        var dependsOn: [String]
        var state = StepState.waiting

        /// Unique in its run.
        var id: String { StepStore.stepID(node: node, verb: verb) }
    }

    static func stepID(node: String, verb: String) -> String { "\(verb):\(node)" }

    /// Claims up to `limit` steps that are due and that nobody holds, or whose holder's heartbeat is older than `leaseSeconds`.
    static func claim(owner: String, limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [Claim] {
        try await pool.query(
            """
            WITH due AS MATERIALIZED (
                SELECT org_id, deployment_id, node, verb, attempt FROM orchestrator.step_queue
                WHERE available_at <= clock_timestamp()
                  AND (owner IS NULL OR heartbeat_at < clock_timestamp() - make_interval(secs => \(leaseSeconds)))
                ORDER BY available_at LIMIT \(limit) FOR UPDATE SKIP LOCKED
            )
            UPDATE orchestrator.step_queue AS q
            SET owner = \(owner), fence = nextval('orchestrator.fence'), heartbeat_at = clock_timestamp()
            FROM due
            WHERE q.org_id = due.org_id AND q.deployment_id = due.deployment_id AND q.node = due.node AND q.verb = due.verb
              AND q.attempt = due.attempt
            RETURNING q.org_id, q.deployment_id, q.node, q.verb, q.attempt, q.fence, q.deadline_at < clock_timestamp() AS overdue
            """
        )
        .map { row in
            Claim(
                orgID: try row.string("org_id"), deploymentID: try row.string("deployment_id"), node: try row.string("node"),
                verb: try row.string("verb"), attempt: try row.int("attempt"), fence: try row.int64("fence"),
                isOverdue: try row.optionalBool("overdue") ?? false)
        }
    }

    /// False when the claim is no longer ours.
    static func heartbeat(_ claim: Claim, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute(
            "UPDATE orchestrator.step_queue SET heartbeat_at = clock_timestamp() WHERE " + ours(claim)) == 1
    }

    /// Gives the claim back, to be taken again after a while: the other side could not be reached.
    static func release(_ claim: Claim, afterSeconds: Double, _ pool: PostgresPool) async throws {
        _ = try await pool.execute(
            """
            UPDATE orchestrator.step_queue
            SET owner = NULL, heartbeat_at = NULL, available_at = clock_timestamp() + make_interval(secs => \(afterSeconds))
            WHERE 
            """ + ours(claim))
    }

    /// Whether the claim is still ours, which it then stays until the transaction ends.
    static func holds(_ claim: Claim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.query("SELECT 1 AS held FROM orchestrator.step_queue WHERE " + ours(claim) + " FOR UPDATE").first
            != nil
    }

    /// Takes the queue row away. False when the claim is no longer ours: then nothing else may be written.
    static func finish(_ claim: Claim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM orchestrator.step_queue WHERE " + ours(claim)) == 1
    }

    private static func ours(_ claim: Claim) -> SQL {
        """
        org_id = \(claim.orgID) AND deployment_id = \(claim.deploymentID) AND node = \(claim.node) AND verb = \(claim.verb)
        AND attempt = \(claim.attempt) AND fence = \(claim.fence)
        """
    }

    static func enqueue(_ step: Step, orgID: String, deploymentID: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt, deadline_at)
            VALUES (\(orgID), \(deploymentID), \(step.node), \(step.verb), 1,
                    clock_timestamp() + make_interval(secs => \(deadlineSeconds)))
            ON CONFLICT DO NOTHING
            """,
            "SELECT pg_notify('martlet_steps', '')",
        ])
    }

    static func insert(_ steps: [Step], deploymentID: String, _ transaction: PostgresTransaction) async throws {
        guard !steps.isEmpty else { return }
        _ = try await transaction.pipeline(
            steps.map { step in
                """
                INSERT INTO orchestrator.steps (org_id, deployment_id, node, verb, object, depends_on, state)
                VALUES (martlet.current_org(), \(deploymentID), \(step.node), \(step.verb), \(step.object), \(step.dependsOn),
                        \(step.state.rawValue))
                ON CONFLICT DO NOTHING
                """
            })
    }

    static func steps(of deploymentID: String, _ transaction: PostgresTransaction) async throws -> [Step] {
        try await transaction.query(
            """
            SELECT node, verb, object, depends_on, state FROM orchestrator.steps
            WHERE deployment_id = \(deploymentID) ORDER BY node, verb
            """
        )
        .map { row in
            Step(
                node: try row.string("node"), verb: try row.string("verb"), object: try row.string("object"),
                dependsOn: try row.strings("depends_on"), state: StepState(rawValue: try row.string("state")) ?? .unknown)
        }
    }

    /// What a step gave; nil when it has not succeeded, or gives nothing.
    static func outputs(
        node: String, verb: String, deploymentID: String, _ transaction: PostgresTransaction
    ) async throws -> JSON? {
        try await transaction.query(
            """
            SELECT outputs FROM orchestrator.steps
            WHERE deployment_id = \(deploymentID) AND node = \(node) AND verb = \(verb) AND state = 'succeeded'
            """
        )
        .first?.optionalJSON("outputs")
    }

    /// The row of a step that begins.
    static func setRunning(_ claim: Claim, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.steps
            SET state = 'running', fence = \(claim.fence), started_at = coalesce(started_at, clock_timestamp())
            WHERE deployment_id = \(claim.deploymentID) AND node = \(claim.node) AND verb = \(claim.verb)
              AND attempt = \(claim.attempt) AND fence < \(claim.fence)
            """)
    }

    static func setState(
        _ state: StepState, outputs: JSON?, step: Step, deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.steps
            SET state = \(state.rawValue), outputs = coalesce(\(outputs), outputs),
                ended_at = CASE WHEN \(state.isEnded) THEN clock_timestamp() END
            WHERE deployment_id = \(deploymentID) AND node = \(step.node) AND verb = \(step.verb)
            """)
    }
}
