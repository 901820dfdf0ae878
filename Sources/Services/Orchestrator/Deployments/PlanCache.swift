import Planning
import PlatformModel
import Postgres
import Synchronization

/// The plans of the deployments that run, decoded once and not for each of their steps. A plan never changes once it is on record.
final class PlanCache: Sendable {
    private struct State {
        var plans: [String: DeploymentPlan] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: Plans that are kept.
    init(limit: Int = 32) { self.limit = limit }

    /// - Throws: `StepFailure` when the deployment has none.
    func plan(of deploymentID: String, _ transaction: PostgresTransaction) async throws -> DeploymentPlan {
        if let plan = state.withLock({ $0.plans[deploymentID] }) { return plan }
        guard let stored = try await DeploymentStore.plan(of: deploymentID, transaction) else {
            throw StepFailure(object: "plan", code: "ORC-002", message: "the run has no plan", type: "plan")
        }
        let plan = try stored.decode(DeploymentPlan.self)
        state.withLock { state in
            guard state.plans.updateValue(plan, forKey: deploymentID) == nil else { return }
            state.order.append(deploymentID)
            if state.order.count > limit { state.plans[state.order.removeFirst()] = nil }
        }
        return plan
    }
}
