import Execution
import PlatformModel
import Postgres

/// What the ends of steps lead to, many in one statement, by the rules of `RunMachine`: each costs what depends on the steps, whatever
/// else their runs have.
extension StepStore {
    /// How a step ended.
    struct Ended: Sendable {
        var claim: Claim
        var state: StepState
        var outputs: JSON?
    }

    static func setEnded(_ steps: [Ended]) -> SQL {
        """
        WITH ended AS MATERIALIZED (
            SELECT ended.state, ended.outputs, row.ctid AS at
            FROM unnest(\(steps.map(\.claim.deploymentID))::text[], \(steps.map(\.claim.node))::text[],
                        \(steps.map(\.claim.verb))::text[], \(steps.map(\.claim.attempt))::bigint[],
                        \(steps.map(\.state.rawValue))::text[], \(steps.map { $0.outputs?.canonical ?? "" })::text[])
                 AS ended (deployment_id, node, verb, attempt, state, outputs)
            CROSS JOIN LATERAL (\(row("ended"))) AS row \(few)
        )
        UPDATE orchestrator.steps s
        SET state = ended.state, outputs = coalesce(nullif(ended.outputs, '')::jsonb, s.outputs), ended_at = clock_timestamp()
        FROM ended WHERE s.ctid = ended.at
        """
    }

    /// Whether a step's row is looked up by its key or all rows are read follows from this: with row security, PostgreSQL takes no clause
    /// for an index that hands a column to a function, so ids are taken apart before they are joined.
    private static let apart: SQL = "split_part(need, ':', 1) AS verb, substr(need, strpos(need, ':') + 1) AS node"

    /// What waited for the last of these only is ready now, and in the queue; its rows are `freed`. Nobody is told of it yet.
    static func release(after claims: [Claim]) -> SQL {
        """
        WITH met AS (
            SELECT s.deployment_id, \(apart), count(*)::integer AS count
            FROM 
        """ + rows(claims) + """
             CROSS JOIN LATERAL unnest(s.dependents) AS need
                GROUP BY s.deployment_id, need
            ), found AS MATERIALIZED (
                SELECT met.count, waiting.ctid AS at
                FROM met CROSS JOIN LATERAL (
                    SELECT ctid FROM orchestrator.steps step
                    WHERE step.deployment_id = met.deployment_id AND step.node = met.node AND step.verb = met.verb
                      AND step.state = 'waiting' OFFSET 0
                ) AS waiting \(few)
            ), freed AS (
                UPDATE orchestrator.steps s
                SET open_needs = s.open_needs - found.count,
                    state = CASE WHEN s.open_needs <= found.count THEN 'ready' ELSE s.state END,
                    ready_at = CASE WHEN s.open_needs <= found.count THEN clock_timestamp() END
                FROM found WHERE s.ctid = found.at
                RETURNING s.org_id, s.deployment_id, s.node, s.verb, s.attempt, s.driver, s.state
            ), queued AS (
                INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt, driver, deadline_at)
                SELECT org_id, deployment_id, node, verb, attempt, driver,
                       clock_timestamp() + make_interval(secs => \(deadlineSeconds))
                FROM freed WHERE state = 'ready'
                ON CONFLICT DO NOTHING
            )
            SELECT deployment_id, driver, count(*) AS count FROM freed WHERE state = 'ready' GROUP BY deployment_id, driver
            """
    }

    /// Nothing that waits for these, directly or not, will ever run; an event says so of each.
    static func skip(after claims: [Claim]) -> SQL {
        """
        WITH RECURSIVE doomed AS (
            SELECT s.deployment_id, s.object AS cause, \(apart)
            FROM 
        """ + rows(claims) + """
             CROSS JOIN LATERAL unnest(s.dependents) AS need
                UNION
                SELECT doomed.deployment_id, doomed.cause, \(apart)
                FROM doomed
                JOIN orchestrator.steps s ON s.deployment_id = doomed.deployment_id AND s.node = doomed.node
                    AND s.verb = doomed.verb AND s.state = 'waiting'
                CROSS JOIN LATERAL unnest(s.dependents) AS need
            ), skipped AS (
                UPDATE orchestrator.steps s SET state = 'skipped', ended_at = clock_timestamp()
                FROM (
                    SELECT DISTINCT ON (deployment_id, verb, node) deployment_id, verb, node, cause FROM doomed
                    ORDER BY deployment_id, verb, node, cause
                ) d
                WHERE s.deployment_id = d.deployment_id AND s.node = d.node AND s.verb = d.verb AND s.state = 'waiting'
                RETURNING s.org_id, s.deployment_id, s.node, s.verb, s.object, d.cause
            )
            INSERT INTO orchestrator.events (org_id, deployment_id, object, status, message)
            SELECT org_id, deployment_id, object, 'skipped', 'because ' || cause || ' did not succeed'
            FROM skipped ORDER BY deployment_id, verb, node
            """
    }

    /// Which of the runs have nothing under way any more; its rows are `done`. What is ready or running is in the queue, and as long as
    /// anything is, nobody reads the run's steps. (With an offset, a subquery is asked for each run, not once for all there ever were.)
    static func ended(_ deployments: [String]) -> SQL {
        """
        SELECT run.id, NOT EXISTS (
            SELECT FROM orchestrator.steps s WHERE s.deployment_id = run.id AND s.state <> 'succeeded'
              AND NOT EXISTS (
                  SELECT FROM orchestrator.steps later WHERE later.deployment_id = s.deployment_id AND later.node = s.node
                    AND later.verb = s.verb AND later.attempt > s.attempt OFFSET 0)
            OFFSET 0
        ) AS succeeded
        FROM unnest(\(deployments)::text[]) AS run (id)
        WHERE CASE
            WHEN EXISTS (
                SELECT FROM orchestrator.step_queue q WHERE q.org_id = martlet.current_org() AND q.deployment_id = run.id OFFSET 0)
            THEN false
            ELSE NOT EXISTS (
                SELECT FROM orchestrator.steps s
                WHERE s.deployment_id = run.id AND s.state IN ('waiting', 'ready', 'running') OFFSET 0)
            END
        ORDER BY run.id
        """
    }

    /// Runs with nothing under way, and whether all of it succeeded.
    static func done(_ rows: [Row]) throws -> [(id: String, succeeded: Bool)] {
        try rows.map { (try $0.string("id"), try $0.bool("succeeded")) }
    }

    /// The rows of steps as `s`.
    private static func rows(_ claims: [Claim]) -> SQL {
        """
        unnest(\(claims.map(\.deploymentID))::text[], \(claims.map(\.node))::text[], \(claims.map(\.verb))::text[],
               \(claims.map(\.attempt))::bigint[]) AS ended (deployment_id, node, verb, attempt)
        CROSS JOIN LATERAL (\(row("ended"))) AS s
        """
    }
}
