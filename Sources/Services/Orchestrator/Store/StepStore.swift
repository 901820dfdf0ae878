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
        /// As `Step.driver`.
        var driver = ""
        var fence: Int64
        /// It has been tried for longer than `deadlineSeconds`.
        var isOverdue: Bool
        /// Of this process: a fence that was given out just before the database's server died may be given out once more, since the claim
        /// and the sequence need not have reached the disk.
        var owner: String
        var replacement: ServerReplacement?
        /// `PostgresPool.openings` when it was claimed: as long as that is the same, every connection has the same server behind it as the
        /// one that `replacement` was read on.
        var openings = 0

        var line: Line { Line(orgID: orgID, deploymentID: deploymentID, driver: driver) }
    }

    /// What bounds do not tell apart: steps of one run that ask for one driver.
    struct Line: Sendable, Hashable {
        var orgID: String
        var deploymentID: String
        var driver: String

        init(orgID: String, deploymentID: String, driver: String) {
            self.orgID = orgID
            self.deploymentID = deploymentID
            self.driver = driver
        }

        init(_ line: ClaimChoice.Line) { self.init(orgID: line.organization, deploymentID: line.run, driver: line.driver) }
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
        /// The driver that it asks for; empty where none.
        var driver = ""

        /// Unique in its run.
        var id: String { StepStore.stepID(node: node, verb: verb) }
    }

    static func stepID(node: String, verb: String) -> String { "\(verb):\(node)" }

    static func ours(_ claim: Claim) -> SQL {
        """
        org_id = \(claim.orgID) AND deployment_id = \(claim.deploymentID) AND node = \(claim.node) AND verb = \(claim.verb)
        AND attempt = \(claim.attempt) AND fence = \(claim.fence) AND owner = \(claim.owner)
        """
    }

    static func enqueue(_ step: Step, orgID: String, deploymentID: String, _ transaction: PostgresTransaction) async throws {
        try await enqueue([step], orgID: orgID, deploymentID: deploymentID, transaction)
    }

    static func enqueue(
        _ steps: [Step], orgID: String, deploymentID: String, _ transaction: PostgresTransaction
    ) async throws {
        _ = try await transaction.pipeline(enqueuing(steps, orgID: orgID, deploymentID: deploymentID))
    }

    static func enqueuing(_ steps: [Step], orgID: String, deploymentID: String) -> [SQL] {
        guard !steps.isEmpty else { return [] }
        return [
            """
            INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt, driver, deadline_at)
            SELECT \(orgID), \(deploymentID), node, verb, 1, driver, clock_timestamp() + make_interval(secs => \(deadlineSeconds))
            FROM unnest(\(steps.map(\.node))::text[], \(steps.map(\.verb))::text[], \(steps.map(\.driver))::text[])
                 AS step (node, verb, driver)
            ON CONFLICT DO NOTHING
            """,
            telling,
        ]
    }

    /// Puts steps of a run on record, with who waits for whom among them.
    ///
    /// - Parameter done: what they depend on that has succeeded already.
    static func insert(
        _ steps: [Step], deploymentID: String, done: Set<String> = [], _ transaction: PostgresTransaction
    ) async throws {
        guard !steps.isEmpty else { return }
        try await transaction.execute(inserting(steps, deploymentID: deploymentID, done: done))
    }

    static func inserting(_ steps: [Step], deploymentID: String, done: Set<String>) -> SQL {
        var dependents: [String: [String]] = [:]
        let needs = steps.map { step in
            let open = Set(step.dependsOn).subtracting(done)
            for need in open { dependents[need, default: []].append(step.id) }
            return open.count
        }
        // Neither ids of nodes nor verbs have line ends.
        return """
            INSERT INTO orchestrator.steps
                (org_id, deployment_id, node, verb, object, depends_on, state, driver, open_needs, dependents, ready_at)
            SELECT martlet.current_org(), \(deploymentID), node, verb, object, string_to_array(needs, E'\\n'), state, driver, open,
                   string_to_array(dependents, E'\\n'), CASE state WHEN 'ready' THEN clock_timestamp() END
            FROM unnest(\(steps.map(\.node))::text[], \(steps.map(\.verb))::text[], \(steps.map(\.object))::text[],
                        \(steps.map { $0.dependsOn.joined(separator: "\n") })::text[], \(steps.map(\.state.rawValue))::text[],
                        \(steps.map(\.driver))::text[], \(needs)::bigint[],
                        \(steps.map { dependents[$0.id, default: []].joined(separator: "\n") })::text[])
                 AS step (node, verb, object, needs, state, driver, open, dependents)
            ON CONFLICT DO NOTHING
            """
    }

    /// Counts again what waiting steps wait for, after states were changed otherwise than by the end of a step.
    static func recount(_ deploymentID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.steps s SET open_needs = (
                SELECT count(DISTINCT (need.verb, need.node))
                FROM (
                    SELECT split_part(id, ':', 1) AS verb, substr(id, strpos(id, ':') + 1) AS node
                    FROM unnest(s.depends_on) AS id OFFSET 0
                ) AS need
                WHERE NOT EXISTS (
                    SELECT FROM orchestrator.steps n
                    WHERE n.deployment_id = s.deployment_id AND n.node = need.node AND n.verb = need.verb AND n.state = 'succeeded'))
            WHERE s.deployment_id = \(deploymentID) AND s.state = 'waiting'
            """)
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

    /// The rows of steps that begin.
    ///
    /// - Returns: Those that an earlier claim of the same attempt had begun: something of them may be done.
    static func setRunning(_ claims: [Claim], _ transaction: PostgresTransaction) async throws -> Set<Claim> {
        guard !claims.isEmpty else { return [] }
        let rows = try await transaction.query(
            """
            WITH claim AS MATERIALIZED (
                SELECT claim.fence, claim.place, row.ctid AS at
                FROM unnest(\(claims.map(\.deploymentID))::text[], \(claims.map(\.node))::text[], \(claims.map(\.verb))::text[],
                            \(claims.map(\.attempt))::bigint[], \(claims.map { Int($0.fence) })::bigint[])
                     WITH ORDINALITY AS claim (deployment_id, node, verb, attempt, fence, place)
                CROSS JOIN LATERAL (\(row("claim"))) AS row \(few)
            )
            UPDATE orchestrator.steps s
            SET state = 'running', fence = claim.fence, started_at = coalesce(s.started_at, clock_timestamp())
            FROM claim
            WHERE s.ctid = claim.at AND s.fence < claim.fence
            RETURNING claim.place, s.started_at < transaction_timestamp() AS begun
            """)
        return Set(try rows.filter { try $0.bool("begun") }.map { claims[try $0.int("place") - 1] })
    }

    /// For transactions that many wait for: one whose process stops in the middle is ended by the server, and with it its locks.
    ///
    /// - Parameter isFlushed: false: the commit is answered before it is on disk.
    static func brief(isFlushed: Bool) -> SQL {
        """
        SELECT set_config('idle_in_transaction_session_timeout', '5s', true),
               set_config('synchronous_commit', \(isFlushed ? "on" : "off"), true), \(byKeys)
        """
    }

    // A statement's plan is made once for each connection (`PostgresConfiguration.plansOnce`), perhaps when a table was empty, and reading
    // all of an empty table looks as cheap as a look at a key. So these statements are written such that nothing else can be chosen:
    // rows are looked up in a subquery that is not merged with what is around it, and then changed where they were found. That takes
    // that nobody else changes them meanwhile: whoever writes has the lock of the run, or the step's claim.

    /// The first statement of transactions that look for a handful of rows by their keys.
    static let lookingByKeys: SQL = "SELECT \(byKeys)"

    /// The same, to be put into another one.
    static let byKeys: SQL = "set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)"

    /// All rows, of which the planner expects one or two.
    static let few: SQL = "LIMIT (SELECT NULL::bigint)"

    /// For `LATERAL`: the step that a row of `keys` names.
    static func row(_ keys: SQL) -> SQL {
        """
        SELECT *, ctid FROM orchestrator.steps step
        WHERE step.deployment_id = \(keys).deployment_id AND step.node = \(keys).node AND step.verb = \(keys).verb
          AND step.attempt = \(keys).attempt OFFSET 0
        """
    }
}
