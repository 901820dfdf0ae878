import Planning
import PlatformModel

/// The order that workloads ask for (`deploy.when`): all that say `before`, then those that say nothing, then all that say `after`.
struct WorkloadOrder {
    /// Deploy step -> phase, from 0.
    private let phases: [String: Int]
    private let names: [String: String]

    init(_ set: DeploymentSet, _ plan: DeploymentPlan) {
        var phases: [String: Int] = [:], names: [String: String] = [:]
        for planned in plan.nodes {
            guard let name = planned.node.workload, let workload = set.modules[name] else { continue }
            let step = StepStore.stepID(node: planned.node.guResID, verb: "deploy")
            names[step] = name
            phases[step] =
                switch workload.deploy?.when {
                case "before": 0
                case "after": 2
                default: 1
                }
        }
        self.phases = phases
        self.names = names
    }

    /// The steps with what each workload waits for.
    ///
    /// - Throws: `StepFailure` when a workload needs one that is to come after it.
    func applied(to steps: [StepStore.Step]) throws -> [StepStore.Step] {
        let present = steps.map(\.id).filter { phases[$0] != nil }
        guard Set(present.map { phases[$0] }).count > 1 else { return steps }
        let ordered = steps.map { step in
            guard let phase = phases[step.id] else { return step }
            var step = step
            step.dependsOn += present.filter { other in
                phases[other].map { $0 < phase } ?? false && !step.dependsOn.contains(other)
            }
            return step
        }
        let stuck = Self.stuck(ordered).compactMap { names[$0] }.sorted()
        guard stuck.isEmpty else {
            throw StepFailure(
                [
                    Problem(
                        code: "PLAN-104", path: "modules.\(stuck.first ?? "").deploy.when",
                        message:
                            "the order that \(stuck.map { "'\($0)'" }.joined(separator: ", ")) ask for contradicts what they need "
                            + "of each other: let those that are needed come first")
                ], type: "plan")
        }
        return ordered
    }

    /// The steps that wait for each other in a circle, and those that wait for them.
    private static func stuck(_ steps: [StepStore.Step]) -> [String] {
        var done: Set = [StepStore.stepID(node: RunQueue.planNode, verb: "plan")]
        var left = steps
        while true {
            let free = left.filter { $0.dependsOn.allSatisfy(done.contains) }
            guard !free.isEmpty else { return left.map(\.id) }
            done.formUnion(free.map(\.id))
            left.removeAll { done.contains($0.id) }
        }
    }
}
