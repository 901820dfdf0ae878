import PlatformModel
import Postgres
import ServiceAPI

/// Rows of many keys in one statement.
extension ActionStore {
    /// Makes the rows of orders that nobody has seen.
    ///
    /// - Returns: The keys whose rows are new, and so the owner's.
    static func insert(
        _ orders: [(key: ActionKey, fence: Int64)], owner: ActionOwner, _ transaction: PostgresTransaction
    ) async throws -> Set<ActionKey> {
        guard !orders.isEmpty else { return [] }
        let keys = orders.map(\.key)
        let rows = try await transaction.query(
            """
            INSERT INTO runner.actions (org_id, deployment_id, node, verb, attempt, fence, state, owner, started_at)
            SELECT martlet.current_org(), deployment_id, node, verb, attempt, fence, 'running', \(owner.description), 'infinity'
            FROM unnest(\(keys.map(\.deploymentID))::text[], \(keys.map(\.node))::text[], \(keys.map(\.verb.rawValue))::text[],
                        \(keys.map(\.attempt))::bigint[], \(orders.map { Int($0.fence) })::bigint[])
                 AS key (deployment_id, node, verb, attempt, fence)
            ON CONFLICT DO NOTHING
            RETURNING deployment_id, node, verb, attempt
            """)
        return Set(try rows.map(key))
    }

    /// Marks that the work begins now.
    ///
    /// - Returns: The keys that another owner has not taken over, and that have not ended.
    static func begin(
        _ keys: [ActionKey], owner: ActionOwner, _ transaction: PostgresTransaction
    ) async throws -> Set<ActionKey> {
        let rows = try await transaction.query(
            mine(keys, owner) + """
                UPDATE runner.actions a SET started_at = clock_timestamp(), heartbeat_at = clock_timestamp()
                FROM mine WHERE \(isMine) RETURNING a.deployment_id, a.node, a.verb, a.attempt
                """)
        return Set(try rows.map(key))
    }

    /// Writes results.
    ///
    /// - Returns: The keys whose result was the owner's to write.
    static func finish(
        _ results: [(key: ActionKey, reply: ActionReply)], owner: ActionOwner, _ transaction: PostgresTransaction
    ) async throws -> Set<ActionKey> {
        let states = results.map(\.reply.state.rawValue)
        let replies = try results.map { try JSON(encoding: $0.reply).canonical }
        let rows = try await transaction.query(
            mine(results.map(\.key), owner) + """
                UPDATE runner.actions a
                SET state = (\(states)::text[])[mine.place], reply = (\(replies)::text[])[mine.place]::jsonb,
                    ended_at = clock_timestamp()
                FROM mine WHERE \(isMine) RETURNING a.deployment_id, a.node, a.verb, a.attempt
                """)
        return Set(try rows.map(key))
    }

    /// The owner's running rows among the keys, locked in one order.
    ///
    /// Each is looked up by its key, in a subquery that is not merged with what is around it: a plan that was made when the table was small
    /// would read all of it.
    private static func mine(_ keys: [ActionKey], _ owner: ActionOwner) -> SQL {
        """
        WITH mine AS MATERIALIZED (
            SELECT a.deployment_id, a.node, a.verb, a.attempt, asked.place
            FROM (
                SELECT * FROM unnest(
                    \(keys.map(\.deploymentID))::text[], \(keys.map(\.node))::text[], \(keys.map(\.verb.rawValue))::text[],
                    \(keys.map(\.attempt))::bigint[]
                ) WITH ORDINALITY AS asked (deployment_id, node, verb, attempt, place)
                ORDER BY deployment_id, node, verb, attempt
            ) AS asked
            CROSS JOIN LATERAL (
                SELECT * FROM runner.actions a
                WHERE a.deployment_id = asked.deployment_id AND a.node = asked.node AND a.verb = asked.verb
                  AND a.attempt = asked.attempt AND a.owner = \(owner.description) AND a.state = 'running'
                OFFSET 0 FOR UPDATE
            ) AS a
        ) 
        """
    }

    private static let isMine: SQL = """
        a.deployment_id = mine.deployment_id AND a.node = mine.node AND a.verb = mine.verb AND a.attempt = mine.attempt
        """

    private static func key(_ row: Row) throws -> ActionKey {
        guard let verb = ActionVerb(rawValue: try row.string("verb")) else {
            throw PostgresError(.decoding, "an action has a verb that this version does not know")
        }
        return ActionKey(
            deploymentID: try row.string("deployment_id"), node: try row.string("node"), verb: verb,
            attempt: try row.int("attempt"))
    }
}
