import PlatformModel

/// What the inputs of a resource will be, as far as that is known before anything runs.
struct PlanPreview {
    /// Has no nodes: only what placeholders need.
    private let plan: DeploymentPlan
    private let scope: DeploymentScope
    /// What will have other outputs than it has now; grows as the plan is made, in the order of the graph.
    var changing: Set<ResourceIdentity> = []

    init(
        context: EnvironmentContext, setID: String, names: DependencyNames, known: [KnownResource],
        values: [String: ResolvedDocument]
    ) {
        plan = DeploymentPlan(context: context, setID: setID, mode: .incremental, graphID: "", nodes: [], names: names)
        let outputs = known.map { known in
            let resource = known.resource
            return (
                resource.identity,
                NodeOutputs(values: resource.resource, secretRefs: resource.secretRefs, guResID: resource.guResID)
            )
        }
        scope = DeploymentScope(
            deploymentID: "", setID: setID, outputs: Dictionary(outputs, uniquingKeysWith: { _, last in last }), values: values)
    }

    /// Which inputs are not what the resource was provisioned with last; empty where that is not on record. What cannot be resolved
    /// counts as unchanged here: it is an error when its turn comes.
    func changes(of node: ResourceNode, since known: KnownResource) -> [InputChange] {
        guard let before = known.inputs else { return [] }
        let after = plan.inputs(of: node) { source in
            AwaitedOutputs(scope: plan.scope(source, node.selections, scope), changing: changing)
        }
        let changes = DocumentLeaves.changes(from: DocumentLeaves(before), to: DocumentLeaves(after.document)).filter { change in
            change.after != .awaits(AwaitedOutputs.deployment)
                && !after.problems.contains { $0.path.contains(" \(change.path):") }
        }
        return Array(changes.prefix(InputChange.limit))
    }
}
