import FaultPoints
import PlatformModel
import ServiceAPI

/// Orders that follow from their inputs alone, many at once.
extension ActionDesk {
    /// Does them: nothing of them stands anywhere, so none needs a row, a place in the queue or a heartbeat. One that is lost in the middle
    /// is simply done again, and of two that are done by mistake only the one counts whose step is still claimed.
    ///
    /// - Returns: A reply for each; `running` where the runner is about to end, and the order is to be asked for again.
    /// - Throws: `RUN-001` for a batch that makes no sense; nothing of it is done.
    func orderPure(_ orders: [ActionOrder]) async throws -> [ActionReply] {
        guard let org = orders.first?.request.environment.orgID else { return [] }
        for order in orders { try OrderCheck.check(order.key, order.request) }
        guard orders.count <= ActionOrder.Batch.limit, orders.allSatisfy({ $0.isPure && $0.request.environment.orgID == org })
        else {
            throw ErrorBody(
                error: "RUN-001",
                message:
                    "orders that go together are at most \(ActionOrder.Batch.limit), of one organisation, and leave nothing behind"
            )
        }
        var replies = orders.map { _ in ActionReply(state: .running) }
        for (index, order) in orders.enumerated() {
            let job = Job(key: order.key, request: order.request, recovering: false)
            guard let reply = await FaultVerb.during(order.key.verb.rawValue, of: order.key.node, { await outcome(job) }) else {
                continue
            }
            replies[index] = reply
        }
        return replies
    }
}
