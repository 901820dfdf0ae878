import Planning

extension WorkloadOrder {
    /// The steps with what each workload waits for because of `deploy.when`; what it refers to it waits for anyway.
    func applied(to steps: [StepStore.Step], of plan: DeploymentPlan) -> [StepStore.Step] {
        let waiting = places.filter { $0.after.contains { $0.cause == .when } }
        guard !waiting.isEmpty else { return steps }
        let ids = Dictionary(
            plan.nodes.compactMap { planned in
                planned.node.workload.map { ($0, StepStore.stepID(node: planned.node.guResID, verb: "deploy")) }
            }, uniquingKeysWith: { first, _ in first })
        let needs = Dictionary(
            waiting.compactMap { place in
                ids[place.workload].map { ($0, place.after.filter { $0.cause == .when }.compactMap { ids[$0.workload] }) }
            }, uniquingKeysWith: { first, _ in first })
        return steps.map { step in
            guard let more = needs[step.id] else { return step }
            var step = step
            let known = Set(step.dependsOn)
            step.dependsOn += more.filter { !known.contains($0) }
            return step
        }
    }
}
