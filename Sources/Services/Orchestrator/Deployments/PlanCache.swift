import Planning
import PlatformModel
import Postgres
import Synchronization

/// The plans and sets of the deployments that run, decoded once and not for each of their steps. Neither ever changes once it is on record.
final class PlanCache: Sendable {
    private struct State {
        var plans: [String: DecidedPlan] = [:]
        /// Oldest first.
        var order: [String] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: Plans that are kept.
    init(limit: Int = 32) { self.limit = limit }

    /// - Throws: `StepFailure` when the deployment has none.
    func plan(of run: DeploymentStore.Run, _ transaction: PostgresTransaction) async throws -> DecidedPlan {
        let deploymentID = run.deployment.id
        if let plan = state.withLock({ $0.plans[deploymentID] }) { return plan }
        guard let stored = try await DeploymentStore.plan(of: deploymentID, transaction) else {
            throw StepFailure(object: "plan", code: "ORC-002", message: "the run has no plan", type: "plan")
        }
        let set = try await SetStore.content(run.deployment.setID, appID: run.appID, transaction) ?? DeploymentSet()
        let plan = DecidedPlan(try DeploymentPlan(stored: stored), set)
        state.withLock { state in
            guard state.plans.updateValue(plan, forKey: deploymentID) == nil else { return }
            state.order.append(deploymentID)
            if state.order.count > limit { state.plans[state.order.removeFirst()] = nil }
        }
        return plan
    }
}

/// A plan with its nodes at hand, for a deployment has a step for each, and the set that it was made for.
struct DecidedPlan: Sendable {
    let plan: DeploymentPlan
    let set: DeploymentSet
    let reach: PlanReach
    private let places: [String: Int]

    init(_ plan: DeploymentPlan, _ set: DeploymentSet) {
        self.plan = plan
        self.set = set
        reach = PlanReach(plan)
        places = Dictionary(
            plan.nodes.enumerated().map { ($0.element.node.guResID, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    func node(guResID: String) -> PlannedNode? { places[guResID].map { plan.nodes[$0] } }
}
