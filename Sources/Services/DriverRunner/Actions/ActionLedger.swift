import PlatformModel
import Postgres
import ServiceAPI

/// The rows of actions, written together where many are ordered, begin or end at the same moment.
struct ActionLedger: Sendable {
    struct Order: Sendable {
        var key: ActionKey
        var fence: Int64
        /// False: an action that nobody does stays as it is.
        var mayTake: Bool
    }

    struct Result: Sendable {
        var key: ActionKey
        var reply: ActionReply
    }

    private let orders: GroupCommit<Order, ActionStore.Standing>
    private let begins: GroupCommit<ActionKey, Bool>
    private let results: GroupCommit<Result, Bool>

    /// Rows of one transaction.
    private static let together = 64

    init(database: PostgresPool, owner: ActionOwner, leaseSeconds: Double) {
        orders = GroupCommit(limit: Self.together) { org, items in
            try await database.withOrg(org) { transaction in
                try await Self.order(items, owner, leaseSeconds, transaction).map { .success($0) }
            }
        }
        begins = GroupCommit(limit: Self.together) { org, keys in
            let begun = try await database.withOrg(org) { transaction in
                try await ActionStore.begin(keys, owner: owner, transaction)
            }
            return keys.map { .success(begun.contains($0)) }
        }
        results = GroupCommit(limit: Self.together) { org, items in
            let kept = try await database.withOrg(org) { transaction in
                try await ActionStore.finish(items.map { ($0.key, $0.reply) }, owner: owner, transaction)
            }
            return items.map { .success(kept.contains($0.key)) }
        }
    }

    /// As `ActionStore.order`.
    func order(_ order: Order, org: String) async throws -> ActionStore.Standing { try await orders.submit(order, org: org) }

    /// Marks that the work begins now. False when another owner has taken the action over, or it has ended.
    func begin(_ key: ActionKey, org: String) async throws -> Bool { try await begins.submit(key, org: org) }

    /// False when another owner has taken the action over: then the result is not ours to write.
    func finish(_ result: Result, org: String) async throws -> Bool { try await results.submit(result, org: org) }

    private static func order(
        _ orders: [Order], _ owner: ActionOwner, _ leaseSeconds: Double, _ transaction: PostgresTransaction
    ) async throws -> [ActionStore.Standing] {
        // Only the first of several orders of one key makes its row: the others meet it.
        var seen: Set<ActionKey> = []
        let first = orders.filter { $0.mayTake && seen.insert($0.key).inserted }
        var made = try await ActionStore.insert(first.map { ($0.key, $0.fence) }, owner: owner, transaction)
        var standings: [ActionStore.Standing] = []
        for order in orders {
            if order.mayTake, made.remove(order.key) != nil {
                standings.append(.mine(recovering: false, stop: nil))
            } else {
                standings.append(
                    try await ActionStore.order(
                        order.key, fence: order.fence, owner: owner, leaseSeconds: leaseSeconds, mayTake: order.mayTake,
                        transaction))
            }
        }
        return standings
    }
}
