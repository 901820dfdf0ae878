import Planning
import PlatformModel
import Testing

/// An environment that carries plans out: what stands in it, and what every driver was handed.
struct SimulatedEnvironment {
    let context = RandomPlatform.context
    private(set) var resources: [ResourceIdentity: KnownResource] = [:]
    private(set) var workloadDigests: [String: String] = [:]
    private(set) var specs: [String: JSON] = [:]
    private(set) var deployed: DeploymentSet?

    /// Does what an incremental plan says, and nothing else.
    ///
    /// - Parameter fails: whether a step fails; what depends on it is not tried then.
    /// - Returns: the plan, what was done, and whether all of it succeeded.
    mutating func deploy(
        _ platform: RandomPlatform, fails: (ResourceIdentity) -> Bool = { _ in false }
    ) throws -> (plan: DeploymentPlan, done: Set<ResourceIdentity>, succeeded: Bool) {
        let graph = try GraphBuilder.build(
            set: platform.set, context: context, definitions: platform.definitions, resourceTypes: ResourceType.builtIn,
            values: Set(platform.values.keys))
        let values = platform.values.mapValues { ResolvedDocument($0) }
        let plan = DeploymentPlan.make(
            graph: graph, set: platform.set, previous: deployed, known: Array(resources.values), context: context,
            mode: .incremental, workloadDigests: workloadDigests, values: values)
        var failed: Set<ResourceIdentity> = [], done: Set<ResourceIdentity> = []
        for planned in plan.nodes where planned.action != .keep {
            let node = planned.node
            guard failed.isDisjoint(with: node.dependsOn) else {
                failed.insert(node.identity)
                continue
            }
            done.insert(node.identity)
            let isFailing = fails(node.identity)
            if isFailing { failed.insert(node.identity) }
            try carryOut(planned, plan, platform, values, isFailing)
        }
        for name in plan.removedWorkloads {
            specs[name] = nil
            workloadDigests[name] = nil
            resources[ResourceIdentity(type: "workload", id: "modules.\(name)")] = nil
        }
        // What was not tried is not what the environment runs; its digest tells.
        deployed = platform.set
        return (plan, done, failed.isEmpty)
    }

    private mutating func carryOut(
        _ planned: PlannedNode, _ plan: DeploymentPlan, _ platform: RandomPlatform, _ values: [String: ResolvedDocument],
        _ isFailing: Bool
    ) throws {
        let node = planned.node
        let outputs = resources.mapValues {
            NodeOutputs(values: $0.resource.resource, secretRefs: $0.resource.secretRefs, guResID: $0.resource.guResID)
        }
        let scope = DeploymentScope(deploymentID: "d", setID: plan.setID, outputs: outputs, values: values)
        if !node.isPassThrough {
            let inputs = try plan.resolveInputs(of: node, in: scope)
            var made = SimulatedDriver.outputs(node.identity, node.definitionID, Self.readable(inputs))
            let secret = made["s"]?.string ?? ""
            made["s"] = nil
            let active = ActiveResource(
                context: context, identity: node.identity, guResID: node.guResID, defID: node.definitionID,
                defVersionID: node.definitionVersionID, criteriaID: node.criteriaID, driverType: node.driverType,
                driverAccount: nil, deployID: "d", status: "active", resource: made,
                secretRefs: ["s": ["ref": .string(String(secret.dropFirst().dropLast()))]],
                updatedAt: Timestamp(milliseconds: 0))
            resources[node.identity] = KnownResource(
                active, inputDigest: isFailing ? "" : planned.inputDigest, failed: isFailing, inputs: inputs,
                dependsOn: node.dependsOn)
        }
        guard let name = node.workload else { return }
        workloadDigests[name] = isFailing ? "" : planned.inputDigest
        if !isFailing { specs[name] = Self.readable(try plan.resolveWorkload(name, of: platform.set, in: scope)) }
    }

    /// A document with `<ref>` where a secret goes, as the judge writes it.
    static func readable(_ resolved: ResolvedDocument) -> JSON {
        var document = resolved.document
        for slot in resolved.slots {
            let text = slot.parts.map { part in
                switch part {
                case .text(let text): text
                case .reference(let reference): "<\(reference.ref)>"
                }
            }.joined()
            guard let pointer = try? JSONPointer(slot.pointer), document.set(.string(text), at: pointer) else {
                Issue.record("no place for \(slot.pointer)")
                continue
            }
        }
        return document
    }
}
