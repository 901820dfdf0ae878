import Execution
import Postgres

/// The claims of the queue. Only the database's clock counts in them.
extension StepStore {
    /// What waits and what is held, counted by organisation, environment and driver.
    ///
    /// The lines are found by leaping through an index, and of each only as many rows are looked at as may be claimed: the cost follows
    /// from the lines, not from how many steps wait.
    static func lines(limit: Int, leaseSeconds: Double, _ pool: PostgresPool) async throws -> [ClaimChoice.Line] {
        try await pool.query(linesQuery(limit: limit, leaseSeconds: leaseSeconds)).map { row in
            ClaimChoice.Line(
                organization: try row.string("org_id"), run: try row.string("deployment_id"), driver: try row.string("driver"),
                due: try row.int("due"), held: try row.int("held"), since: try row.int64("since"))
        }
    }

    static func linesQuery(limit: Int, leaseSeconds: Double) -> SQL {
        """
        WITH RECURSIVE line AS (
            (SELECT org_id, deployment_id, driver FROM orchestrator.step_queue ORDER BY driver, org_id, deployment_id LIMIT 1)
            UNION ALL
            SELECT next.org_id, next.deployment_id, next.driver
            FROM line CROSS JOIN LATERAL (
                SELECT org_id, deployment_id, driver FROM orchestrator.step_queue q
                WHERE (q.driver, q.org_id, q.deployment_id) > (line.driver, line.org_id, line.deployment_id)
                ORDER BY driver, org_id, deployment_id LIMIT 1
            ) next
        ), held AS MATERIALIZED (
            SELECT org_id, deployment_id, driver, count(*) AS count FROM orchestrator.step_queue
            WHERE owner IS NOT NULL AND heartbeat_at >= statement_timestamp() - make_interval(secs => \(leaseSeconds))
            GROUP BY driver, org_id, deployment_id
        )
        SELECT line.org_id, line.deployment_id, line.driver, due.count AS due, due.since, coalesce(held.count, 0) AS held
        FROM line CROSS JOIN LATERAL (
            SELECT count(*) AS count, coalesce((extract(epoch FROM min(available_at)) * 1000000)::bigint, 0) AS since
            FROM (
                SELECT available_at FROM orchestrator.step_queue q
                WHERE q.org_id = line.org_id AND q.deployment_id = line.deployment_id AND q.driver = line.driver
                  AND available_at <= statement_timestamp()
                  AND (owner IS NULL OR heartbeat_at < statement_timestamp() - make_interval(secs => \(leaseSeconds)))
                ORDER BY available_at LIMIT \(limit)
            ) oldest
        ) due
        LEFT JOIN held USING (org_id, deployment_id, driver)
        WHERE NOT EXISTS (SELECT FROM martlet.tenants t WHERE t.org_id = line.org_id AND t.state = 'suspended')
        """
    }

    /// Claims of each line as many steps as were chosen: those that are due and that nobody holds, or whose holder's heartbeat is older
    /// than `leaseSeconds`, the oldest first.
    ///
    /// The claim need not reach the disk: every effect comes after a commit to the same log that does, and without one there was none.
    static func claim(
        _ shares: [ClaimChoice.Share], owner: String, leaseSeconds: Double, _ pool: PostgresPool
    ) async throws -> [Claim] {
        guard !shares.isEmpty else { return [] }
        let places = Dictionary(shares.map { (Line($0.line), $0.count) }, uniquingKeysWith: { first, _ in first })
        let isDue: SQL = "(owner IS NULL OR heartbeat_at < statement_timestamp() - make_interval(secs => \(leaseSeconds)))"
        let openings = pool.openings
        let answers = try await pool.pipeline([
            "SELECT set_config('synchronous_commit', 'off', true), \(byKeys)",
            ServerReplacement.query(leaseSeconds: leaseSeconds),
            "WITH " + due(places, isDue) + " " + claiming(owner),
        ])
        let replacement = try answers[1].first.flatMap { try ServerReplacement($0) }
        return try claims(answers[2], owner: owner, replacement: replacement, openings: openings)
    }

    /// The rows that are to be claimed, as `due`, locked.
    ///
    /// - Parameter isFree: whether a row of the queue is anybody's.
    static func due(_ places: [Line: Int], _ isFree: SQL) -> SQL {
        let lines = places.sorted {
            ($0.key.orgID, $0.key.deploymentID, $0.key.driver) < ($1.key.orgID, $1.key.deploymentID, $1.key.driver)
        }
        return """
            due AS MATERIALIZED (
                SELECT q.org_id, q.deployment_id, q.node, q.verb, q.attempt
                FROM unnest(\(lines.map(\.key.orgID))::text[], \(lines.map(\.key.deploymentID))::text[],
                            \(lines.map(\.key.driver))::text[], \(lines.map(\.value))::bigint[])
                     AS share (org_id, deployment_id, driver, count)
                CROSS JOIN LATERAL (
                    SELECT * FROM orchestrator.step_queue q
                    WHERE q.org_id = share.org_id AND q.deployment_id = share.deployment_id AND q.driver = share.driver
                      AND available_at <= statement_timestamp() AND \(isFree)
                    ORDER BY available_at LIMIT share.count FOR UPDATE SKIP LOCKED
                ) q
            )
            """
    }

    /// Claims what is `due`; its rows are `claims`.
    static func claiming(_ owner: String) -> SQL {
        """
        UPDATE orchestrator.step_queue AS q
        SET owner = \(owner), fence = nextval('orchestrator.fence'), heartbeat_at = clock_timestamp()
        FROM due
        WHERE q.org_id = due.org_id AND q.deployment_id = due.deployment_id AND q.node = due.node AND q.verb = due.verb
          AND q.attempt = due.attempt
        RETURNING q.org_id, q.deployment_id, q.node, q.verb, q.attempt, q.driver, q.fence,
                  q.deadline_at < clock_timestamp() AS overdue
        """
    }

    static func claims(
        _ rows: [Row], owner: String, replacement: ServerReplacement?, openings: Int
    ) throws -> [Claim] {
        try rows.map { row in
            Claim(
                orgID: try row.string("org_id"), deploymentID: try row.string("deployment_id"), node: try row.string("node"),
                verb: try row.string("verb"), attempt: try row.int("attempt"), driver: try row.string("driver"),
                fence: try row.int64("fence"), isOverdue: try row.optionalBool("overdue") ?? false, owner: owner,
                replacement: replacement, openings: openings)
        }
    }

    /// Renews the claims, in one statement.
    ///
    /// - Returns: Those that are still ours.
    static func heartbeat(_ claims: [Claim], _ pool: PostgresPool) async throws -> Set<Claim> {
        guard !claims.isEmpty else { return [] }
        let rows = try await pool.query(
            "WITH mine AS MATERIALIZED (" + mine(claims) + ") " + """
                UPDATE orchestrator.step_queue q SET heartbeat_at = clock_timestamp() FROM mine WHERE \(isMine)
                RETURNING mine.place
                """)
        return Set(try rows.map { claims[try $0.int("place") - 1] })
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

    /// Which of the claims are still ours, which they then stay until the transaction ends.
    static func held(_ claims: [Claim], _ transaction: PostgresTransaction) async throws -> Set<Claim> {
        try held(claims, try await transaction.query(holding(claims)))
    }

    /// As `held`, whose answer it gives with the statement's rows.
    static func holding(_ claims: [Claim]) -> SQL { mine(claims) }

    static func held(_ claims: [Claim], _ rows: [Row]) throws -> Set<Claim> {
        Set(try rows.map { claims[try $0.int("place") - 1] })
    }

    /// Takes the queue rows away, of the claims that are still ours; its rows say which were (`held`), and what their steps are about
    /// (`objects`). Nothing else may be written for the others.
    static func finishing(_ claims: [Claim]) -> SQL {
        "WITH mine AS MATERIALIZED (" + mine(claims) + "), gone AS (" + """
            DELETE FROM orchestrator.step_queue q USING mine WHERE \(isMine)
            RETURNING mine.place, q.deployment_id, q.node, q.verb, q.attempt
            )
            SELECT gone.place, s.object
            FROM gone LEFT JOIN LATERAL (\(row("gone"))) AS s ON true
            """
    }

    /// What people call the steps.
    static func objects(_ claims: [Claim], _ rows: [Row]) throws -> [Claim: String] {
        Dictionary(
            try rows.compactMap { row in try row.optionalString("object").map { (claims[try row.int("place") - 1], $0) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The rows of the claims whose fence is still theirs, locked, and always in the same order: whoever locks several waits for nobody who
    /// waits for it.
    private static func mine(_ claims: [Claim]) -> SQL {
        """
        SELECT q.org_id, q.deployment_id, q.node, q.verb, q.attempt, asked.place
        FROM (
            SELECT * FROM unnest(
                \(claims.map(\.orgID))::text[], \(claims.map(\.deploymentID))::text[], \(claims.map(\.node))::text[],
                \(claims.map(\.verb))::text[], \(claims.map(\.attempt))::bigint[], \(claims.map { Int($0.fence) })::bigint[],
                \(claims.map(\.owner))::text[]
            ) WITH ORDINALITY AS asked (org_id, deployment_id, node, verb, attempt, fence, owner, place)
            ORDER BY org_id, deployment_id, node, verb, attempt
        ) AS asked
        CROSS JOIN LATERAL (
            SELECT * FROM orchestrator.step_queue q
            WHERE q.org_id = asked.org_id AND q.deployment_id = asked.deployment_id AND q.node = asked.node
              AND q.verb = asked.verb AND q.attempt = asked.attempt AND q.fence = asked.fence AND q.owner = asked.owner
            OFFSET 0 FOR UPDATE
        ) AS q \(few)
        """
    }

    private static let isMine: SQL = """
        q.org_id = mine.org_id AND q.deployment_id = mine.deployment_id AND q.node = mine.node AND q.verb = mine.verb
            AND q.attempt = mine.attempt
        """
}
