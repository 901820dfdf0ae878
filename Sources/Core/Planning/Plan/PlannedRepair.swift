import PlatformModel

/// Something that stands and is not what it should be, or does not stand any more: to be provisioned though nothing of its inputs changed.
package struct PlannedRepair: Sendable, Hashable, Codable {
    package var guResID: String
    /// In words: `it has drifted (outputs/size)`.
    package var reason: String
    /// It is made anew, so that its outputs may be others.
    package var isMissing: Bool

    package init(guResID: String, reason: String, isMissing: Bool) {
        self.guResID = guResID
        self.reason = reason
        self.isMissing = isMissing
    }
}

extension DeploymentPlan {
    /// Of a plan of what is deployed already: only the repairs are done, and what depends on something that is made anew. Nothing is
    /// removed.
    ///
    /// - Throws: `PLAN-112` for what cannot be repaired without another change: its definition is another one now, or it is asked for no
    ///   more.
    package func repairing(_ repairs: [PlannedRepair]) throws(PlanningError) -> DeploymentPlan {
        var wanted = Dictionary(repairs.map { ($0.guResID, $0) }, uniquingKeysWith: { first, _ in first })
        var plan = self, problems: [Problem] = []
        var anew: Set<ResourceIdentity> = []
        for index in plan.nodes.indices {
            let planned = plan.nodes[index], node = planned.node
            if let repair = wanted.removeValue(forKey: node.guResID) {
                if planned.action == .replace {
                    problems.append(Self.refusal("\(node.identity)", planned.reason))
                    continue
                }
                plan.nodes[index].action = repair.isMissing ? .create : .update
                plan.nodes[index].reason = repair.reason
                if repair.isMissing { anew.insert(node.identity) }
            } else if let need = node.dependsOn.first(where: anew.contains) {
                plan.nodes[index].action = .update
                plan.nodes[index].reason = "it depends on \(need), which is made anew"
                anew.insert(node.identity)
            } else {
                plan.nodes[index].action = .keep
                plan.nodes[index].reason = "it has not drifted, and only what has is repaired"
                plan.nodes[index].changes = []
            }
        }
        problems += wanted.keys.sorted().map { Self.refusal($0, "nothing asks for it any more") }
        guard problems.isEmpty else { throw PlanningError(problems) }
        plan.removedWorkloads = []
        plan.removals = plan.removals.filter { $0.action == .keep }
        return plan
    }

    private static func refusal(_ name: String, _ reason: String) -> Problem {
        Problem(code: "PLAN-112", path: name, message: "cannot be repaired alone: \(reason); deploy the environment")
    }
}
