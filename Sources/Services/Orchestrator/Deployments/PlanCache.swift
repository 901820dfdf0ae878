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
        /// Nodes of all plans together: what they take follows from that.
        var nodes = 0
    }

    private let limit: Int
    private let nodeLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: Plans that are kept.
    ///   - nodeLimit: Nodes of all of them; the newest is kept however large it is.
    init(limit: Int = 32, nodeLimit: Int = 20_000) {
        self.limit = limit
        self.nodeLimit = nodeLimit
    }

    /// - Throws: `StepFailure` when the deployment has none.
    func plan(of run: DeploymentStore.Run, org: String, _ transaction: PostgresTransaction) async throws -> DecidedPlan {
        let deploymentID = run.deployment.id, key = Self.key(deploymentID, org)
        if let plan = state.withLock({ $0.plans[key] }) { return plan }
        guard let stored = try await DeploymentStore.plan(of: deploymentID, transaction) else {
            throw StepFailure(object: "plan", code: "ORC-002", message: "the run has no plan", type: "plan")
        }
        let set = try await ProfileSets.content(
            of: run.deployment.setID, deploymentID: deploymentID, appID: run.appID, transaction)
        let decided = try DeploymentPlan(stored: stored)
        let values = try await EnvironmentValues.read(
            .version(run.deployment.valueSetVersionID), decided.context, transaction)
        let plan = DecidedPlan(decided, set, values: values.resolved)
        state.withLock { state in
            guard state.plans.updateValue(plan, forKey: key) == nil else { return }
            state.order.append(key)
            state.nodes += plan.plan.nodes.count
            while state.order.count > 1, state.order.count > limit || state.nodes > nodeLimit {
                Self.drop(state.order.removeFirst(), &state)
            }
        }
        return plan
    }

    /// The run has ended.
    func forget(_ deploymentID: String, org: String) {
        let key = Self.key(deploymentID, org)
        state.withLock { state in
            state.order.removeAll { $0 == key }
            Self.drop(key, &state)
        }
    }

    private static func drop(_ key: String, _ state: inout State) {
        state.nodes -= state.plans.removeValue(forKey: key)?.plan.nodes.count ?? 0
    }

    /// Ids of deployments are unique in their organisation only.
    private static func key(_ deploymentID: String, _ org: String) -> String { org + "/" + deploymentID }
}

/// A plan with its nodes at hand, for a deployment has a step for each, and the set that it was made for.
struct DecidedPlan: Sendable {
    let plan: DeploymentPlan
    let set: DeploymentSet
    let reach: PlanReach
    /// The shared values.
    let values: [String: ResolvedDocument]
    private let places: [String: Int]

    init(_ plan: DeploymentPlan, _ set: DeploymentSet, values: [String: ResolvedDocument] = [:]) {
        self.values = values
        self.plan = plan
        self.set = set
        reach = PlanReach(plan)
        places = Dictionary(
            plan.nodes.enumerated().map { ($0.element.node.guResID, $0.offset) }, uniquingKeysWith: { first, _ in first })
    }

    func node(guResID: String) -> PlannedNode? { places[guResID].map { plan.nodes[$0] } }
}
