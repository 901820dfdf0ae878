import Execution
import PlatformModel
import Postgres

/// Stopping runs and going on with them: what is written when people, or a limit of time, have their word.
enum RunControlStore {
    /// What keeps a step from going on.
    enum Obstacle: Sendable, Hashable {
        case runStopped(RunStop)
        /// The run's time is over, and nobody has stopped it yet.
        case runOverdue
        /// This step's time is over.
        case stepLate
    }

    /// The clock of a run's limit begins: its own, or that of its environment's type where it is narrower. A destruction has none.
    static func startClock(_ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deployments d
            SET allowed_seconds = allowed.seconds, deadline_at = clock_timestamp() + make_interval(secs => allowed.seconds)
            FROM (
                SELECT r.org_id, r.id, least(r.timeout_seconds, t.deployment_limit_seconds) AS seconds
                FROM orchestrator.deployments r
                JOIN orchestrator.environments e ON e.org_id = r.org_id AND e.app_id = r.app_id AND e.id = r.env_id
                JOIN orchestrator.environment_types t ON t.org_id = e.org_id AND t.id = e.type
                WHERE r.id = \(id) AND r.kind = 'deploy'
            ) allowed
            WHERE d.org_id = allowed.org_id AND d.id = allowed.id
            """)
    }

    static func setTimeout(_ seconds: Int, _ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "UPDATE orchestrator.deployments SET timeout_seconds = \(seconds) WHERE id = \(id)")
    }

    /// The organisation stood still since then: nothing that waited or ran is late because of it.
    static func extendDeadlines(since start: Timestamp, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline([
            """
            UPDATE orchestrator.deployments SET deadline_at = deadline_at + (clock_timestamp() - \(start))
            WHERE status = 'in progress' AND deadline_at IS NOT NULL
            """,
            """
            UPDATE orchestrator.step_queue SET deadline_at = deadline_at + (clock_timestamp() - \(start))
            WHERE org_id = martlet.current_org() AND deadline_at IS NOT NULL
            """,
        ])
    }

    static func stop(_ id: String, by: String?, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deployments SET stopped_at = clock_timestamp(), stopped_by = \(by)
            WHERE id = \(id) AND stopped_at IS NULL
            """)
    }

    /// A run that had ended, or was stopped, goes on, by the rights of whoever asks for it.
    static func resume(_ id: String, as principalID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deployments
            SET stopped_at = NULL, stopped_by = NULL, status = 'in progress', status_changed_at = clock_timestamp(),
                retried_by = \(principalID), retried_at = clock_timestamp()
            WHERE id = \(id)
            """)
        try await startClock(id, transaction)
    }

    /// The steps of a run that are in the queue and that nobody holds; nobody claims them until this transaction ends.
    static func unclaimed(
        _ deploymentID: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Set<String> {
        let rows = try await transaction.query(
            """
            SELECT node, verb FROM orchestrator.step_queue
            WHERE org_id = \(orgID) AND deployment_id = \(deploymentID) AND owner IS NULL FOR UPDATE SKIP LOCKED
            """)
        return Set(try rows.map { StepStore.stepID(node: try $0.string("node"), verb: try $0.string("verb")) })
    }

    /// Takes steps out of the queue.
    static func withdraw(
        _ steps: [StepStore.Step], _ deploymentID: String, orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !steps.isEmpty else { return }
        try await transaction.execute(
            """
            DELETE FROM orchestrator.step_queue q
            USING unnest(\(steps.map(\.node))::text[], \(steps.map(\.verb))::text[]) AS step (node, verb)
            WHERE q.org_id = \(orgID) AND q.deployment_id = \(deploymentID) AND q.node = step.node AND q.verb = step.verb
            """)
    }

    static func setStates(
        _ state: StepState, _ steps: [StepStore.Step], _ deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !steps.isEmpty else { return }
        try await transaction.execute(
            """
            UPDATE orchestrator.steps s
            SET state = \(state.rawValue), ended_at = CASE WHEN \(state.isEnded) THEN clock_timestamp() END,
                ready_at = CASE WHEN \(state == .ready) THEN clock_timestamp() ELSE ready_at END
            FROM unnest(\(steps.map(\.node))::text[], \(steps.map(\.verb))::text[]) AS step (node, verb)
            WHERE s.deployment_id = \(deploymentID) AND s.node = step.node AND s.verb = step.verb
            """)
    }

    /// The next attempt of steps: the last one is kept beside.
    static func beginAnew(
        _ steps: [StepStore.Step], _ deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !steps.isEmpty else { return }
        let nodes = steps.map(\.node), verbs = steps.map(\.verb)
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.step_attempts (org_id, deployment_id, node, verb, attempt, state, fence, started_at, ended_at)
            SELECT org_id, deployment_id, s.node, s.verb, attempt, state, fence, started_at, ended_at
            FROM orchestrator.steps s JOIN unnest(\(nodes)::text[], \(verbs)::text[]) AS step (node, verb)
              ON s.node = step.node AND s.verb = step.verb
            WHERE s.deployment_id = \(deploymentID) AND s.started_at IS NOT NULL
            ON CONFLICT DO NOTHING
            """,
            """
            UPDATE orchestrator.steps s
            SET attempt = attempt + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END, state = 'ready', fence = 0, outputs = NULL,
                started_at = NULL, ended_at = NULL, ready_at = clock_timestamp()
            FROM unnest(\(nodes)::text[], \(verbs)::text[]) AS step (node, verb)
            WHERE s.deployment_id = \(deploymentID) AND s.node = step.node AND s.verb = step.verb
            """,
        ])
    }

    /// Puts steps in the queue, each with its present attempt.
    static func enqueue(
        _ steps: [StepStore.Step], _ deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !steps.isEmpty else { return }
        _ = try await transaction.pipeline([
            """
            INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt, driver, deadline_at)
            SELECT org_id, deployment_id, s.node, s.verb, attempt, driver,
                   clock_timestamp() + make_interval(secs => \(StepStore.deadlineSeconds))
            FROM orchestrator.steps s
            JOIN unnest(\(steps.map(\.node))::text[], \(steps.map(\.verb))::text[]) AS step (node, verb)
              ON s.node = step.node AND s.verb = step.verb
            WHERE s.deployment_id = \(deploymentID)
            ON CONFLICT DO NOTHING
            """,
            "SELECT pg_notify('martlet_steps', '')",
        ])
    }

    /// What these steps, and the run itself, had failed with is no longer so.
    ///
    /// - Parameter objects: What the steps are about, for errors that an earlier version wrote without their steps.
    static func forgetErrors(
        _ deploymentID: String, about objects: [String], of steps: [String], _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            DELETE FROM orchestrator.deployment_errors
            WHERE deployment_id = \(deploymentID)
              AND (body ->> 'step' = ANY(\(steps)) OR body ->> 'error_type' = 'stop'
                   OR (body ->> 'step' IS NULL AND body ->> 'object_id' = ANY(\(objects))))
            """)
    }

    /// Whether somebody has begun the step that was claimed.
    static func hasBegun(_ claim: StepStore.Claim, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.query(
            """
            SELECT 1 AS begun FROM orchestrator.steps
            WHERE deployment_id = \(claim.deploymentID) AND node = \(claim.node) AND verb = \(claim.verb) AND state = 'running'
            """
        )
        .first != nil
    }

    /// What keeps the step from going on, by the database's clock; nil: nothing.
    static func obstacle(
        to claim: StepStore.Claim, limit seconds: Int, _ transaction: PostgresTransaction
    ) async throws -> Obstacle? {
        let rows = try await transaction.query(
            """
            SELECT d.stopped_at IS NOT NULL AS stopped, d.stopped_by, d.timeout_seconds, d.allowed_seconds, d.deadline_at < clock_timestamp() AS overdue,
                   s.started_at + make_interval(secs => \(Double(seconds))) < clock_timestamp() AS late
            FROM orchestrator.deployments d JOIN orchestrator.steps s ON s.org_id = d.org_id AND s.deployment_id = d.id
            WHERE d.id = \(claim.deploymentID) AND s.node = \(claim.node) AND s.verb = \(claim.verb)
            """)
        guard let row = rows.first else { return nil }
        if try row.bool("stopped") {
            return .runStopped(try RunStop(row))
        }
        if try row.optionalBool("overdue") ?? false { return .runOverdue }
        return try row.optionalBool("late") ?? false ? .stepLate : nil
    }

    /// The steps of a run as people see them.
    static func pictures(
        of deploymentID: String, _ transaction: PostgresTransaction
    ) async throws -> [(step: StepStore.Step, picture: DeploymentStep)] {
        try await transaction.query(
            """
            SELECT node, verb, object, depends_on, state, attempt, started_at, ended_at FROM orchestrator.steps
            WHERE deployment_id = \(deploymentID) ORDER BY object, verb
            """
        )
        .map { row in
            let step = StepStore.Step(
                node: try row.string("node"), verb: try row.string("verb"), object: try row.string("object"),
                dependsOn: try row.strings("depends_on"), state: StepState(rawValue: try row.string("state")) ?? .unknown)
            let picture = DeploymentStep(
                object: step.object, verb: step.verb, attempt: try row.int("attempt"), state: step.state.rawValue,
                startedAt: try row.optionalTimestamp("started_at"), endedAt: try row.optionalTimestamp("ended_at"))
            return (step, picture)
        }
    }
}
