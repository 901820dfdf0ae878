import Manifests
import Planning
import PlatformModel
import ServiceAPI

/// Makes the Kubernetes objects of a workload: for its deployment, and before it, for a plan.
struct WorkloadRendering {
    let plan: DeploymentPlan
    let set: DeploymentSet
    let context: EnvironmentContext
    let reach: PlanReach

    /// What goes into the pods; all else belongs to the environment.
    private static let podLocations = ["containers", "volumes"]

    /// What the workload names, and what has to be in the environment for it.
    func resources(of node: ResourceNode) -> Set<ResourceIdentity> {
        Set(node.dependsOn).union(reach.resources(for: node.identity))
    }

    /// - Parameters:
    ///   - scope: the outputs of what the workload depends on.
    ///   - records: those of `resources(of:)` that stand.
    ///   - own: what the workload's own resource gave, when a definition matched it: its `update` patches the spec.
    /// - Throws: `PlanningError`, `ManifestProblems`.
    func render(
        _ name: String, _ node: ResourceNode, in scope: DeploymentScope, records: [ActiveResourceStore.Record],
        own: ActionOutputs?
    ) throws -> RenderedWorkload {
        let spec = try plan.resolveWorkload(name, of: set, in: scope)
        guard let workload = set.modules[name] else { return RenderedWorkload(objects: [], slots: []) }
        var input = WorkloadInput(environment: context, name: name, workload: workload, slots: spec.slots)
        input.workload.spec = spec.document
        var manifests = addResources(records, node, to: &input)
        if let own {
            input.update = own.values["update"]
            input.manifests += own.manifests.map { InjectedManifest($0) }
            manifests += own.manifests.map { InjectedManifest($0, source: node.identity.description) }
        }
        input.manifests.removeAll { !Self.podLocations.contains($0.manifest.location) }
        let common = try EnvironmentRenderer.render(manifests, namespace: input.namespace)
        return try WorkloadRenderer.render(input).preceded(by: common)
    }

    /// What the resources that the workload depends on bring along, and their hosts, each by the names that the workload has for it; and
    /// the environment's namespace. Returns the manifests of all that has to be in the environment for it.
    private func addResources(
        _ records: [ActiveResourceStore.Record], _ node: ResourceNode, to input: inout WorkloadInput
    ) -> [InjectedManifest] {
        let direct = Set(node.dependsOn), names = DependencyAliases(plan.names).names(of: direct, in: input.name)
        var manifests: [InjectedManifest] = []
        for record in records {
            let identity = record.resource.identity
            if identity == .namespace { input.namespace = record.resource.resource["namespace"]?.string }
            // A workload brings its own.
            if identity.workload == nil {
                manifests += record.manifests.map { InjectedManifest($0, source: identity.description) }
            }
            guard direct.contains(identity) else { continue }
            input.add(record.manifests, host: record.resource.resource["host"]?.string, names: names[identity] ?? [])
        }
        return manifests
    }
}
