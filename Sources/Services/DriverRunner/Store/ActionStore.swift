import PlatformModel
import Postgres
import ServiceAPI

/// The runner's row of each key: the fence, who does it, how it ended.
enum ActionStore {
    /// What an order meets.
    enum Standing: Sendable {
        /// The key has been asked for with a higher fence.
        case fenced(highest: Int64)
        /// It ended; here is the stored answer.
        case ended(ActionReply)
        /// Its row is ours. `recovering` when somebody began it: an owner that was lost in the act, or this process. `stop`: it was told
        /// to stop, for this reason.
        case mine(recovering: Bool, stop: String?)
        /// Another host is at it, and alive.
        case elsewhere
        /// Nobody does it, and `mayTake` was false.
        case free
    }

    /// Takes an order: raises the fence, and claims the action when nobody lives who does it.
    ///
    /// - Parameters:
    ///   - owner: Another process of the same host is dead: one runner a host holds the socket.
    ///   - mayTake: False: an action that nobody does stays as it is.
    ///   - stop: why the action is to stop; kept with it, so that nobody begins it any more.
    static func order(
        _ key: ActionKey, fence: Int64, owner: ActionOwner, leaseSeconds: Double, mayTake: Bool, stop: String? = nil,
        _ transaction: PostgresTransaction
    ) async throws -> Standing {
        if mayTake {
            // `infinity`: ordered, and not begun. What was never begun needs no recovery.
            let inserted = try await transaction.execute(
                """
                INSERT INTO runner.actions (org_id, deployment_id, node, verb, attempt, fence, state, owner, stop, started_at)
                VALUES (martlet.current_org(), \(key.deploymentID), \(key.node), \(key.verb.rawValue), \(key.attempt), \(fence),
                        'running', \(owner.description), \(stop), 'infinity')
                ON CONFLICT DO NOTHING
                """)
            if inserted == 1 { return .mine(recovering: false, stop: stop) }
        }
        let rows = try await transaction.query(
            """
            SELECT fence, owner, reply, stop, started_at < 'infinity' AS begun,
                   heartbeat_at < clock_timestamp() - make_interval(secs => \(leaseSeconds)) AS lost
            FROM runner.actions WHERE 
            """ + at(key) + " FOR UPDATE")
        guard let row = rows.first else { return .free }
        let highest = try row.int64("fence")
        guard fence >= highest else { return .fenced(highest: highest) }
        if fence > highest { try await transaction.execute("UPDATE runner.actions SET fence = \(fence) WHERE " + at(key)) }
        if let reply = try row.optionalJSON("reply") { return .ended(try reply.decode(ActionReply.self)) }
        let told = try row.optionalString("stop")
        if told == nil, let stop {
            try await transaction.execute("UPDATE runner.actions SET stop = \(stop) WHERE " + at(key))
        }
        let begun = try row.bool("begun")
        let holder = try row.string("owner")
        if holder == owner.description { return .mine(recovering: begun, stop: told ?? stop) }
        guard try row.bool("lost") || ActionOwner.host(of: holder) == owner.host else { return .elsewhere }
        guard mayTake else { return .free }
        try await transaction.execute(
            "UPDATE runner.actions SET owner = \(owner.description), heartbeat_at = clock_timestamp() WHERE " + at(key))
        return .mine(recovering: begun, stop: told ?? stop)
    }

    /// What a heartbeat finds.
    enum Pulse: Sendable, Hashable {
        case ours
        /// Whoever told it to did so on another host.
        case toldToStop(String)
        /// Another owner has taken the action over: then the caller stops at once.
        case lost
    }

    static func heartbeat(_ key: ActionKey, owner: ActionOwner, _ transaction: PostgresTransaction) async throws -> Pulse {
        let rows = try await transaction.query(
            "UPDATE runner.actions SET heartbeat_at = clock_timestamp() WHERE owner = \(owner.description) AND " + at(key)
                + " RETURNING stop")
        guard let row = rows.first else { return .lost }
        return try row.optionalString("stop").map(Pulse.toldToStop) ?? .ours
    }

    /// The stored answer of an action that has ended.
    static func reply(_ key: ActionKey, _ transaction: PostgresTransaction) async throws -> ActionReply? {
        try await transaction.query("SELECT reply FROM runner.actions WHERE " + at(key)).first?.optionalJSON("reply")?
            .decode(ActionReply.self)
    }

    /// Whether an order with this fence can begin nothing any more: the action has ended, or was ordered with a higher one.
    static func isSettled(_ key: ActionKey, fence: Int64, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.query(
            "SELECT 1 AS settled FROM runner.actions WHERE (reply IS NOT NULL OR fence > \(fence)) AND " + at(key)
        ).first != nil
    }

    private static func at(_ key: ActionKey) -> SQL {
        """
        deployment_id = \(key.deploymentID) AND node = \(key.node) AND verb = \(key.verb.rawValue) AND attempt = \(key.attempt)
        """
    }
}

/// Which process of which host does an action.
struct ActionOwner: Sendable, Hashable, CustomStringConvertible {
    let host: String
    /// New with each start of the program.
    let process: String

    var description: String { "\(host)/\(process)" }

    static func host(of owner: String) -> String { owner.lastIndex(of: "/").map { String(owner[..<$0]) } ?? owner }
}
