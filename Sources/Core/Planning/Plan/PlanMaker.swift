import PlatformModel

extension DeploymentPlan {
    /// Compares a graph with what stands in the environment.
    ///
    /// - Parameters:
    ///   - set: the set that `graph` was built from.
    ///   - previous: the set deployed before; its workloads that `set` lacks are removed.
    ///   - known: the environment's active resources.
    ///   - workloadDigests: the digests with which workloads without a definition were last deployed, by name.
    ///   - valuesDigest: changes whenever a shared value does.
    package static func make(
        graph: ResourceGraph, set: DeploymentSet, previous: DeploymentSet?, known: [KnownResource], context: EnvironmentContext,
        mode: DeploymentMode, workloadDigests: [String: String] = [:], valuesDigest: String = ""
    ) -> DeploymentPlan {
        let active = Dictionary(known.map { ($0.resource.identity, $0) }, uniquingKeysWith: { _, last in last })
        var digests: [ResourceIdentity: String] = [:]
        var nodes: [PlannedNode] = []
        nodes.reserveCapacity(graph.nodes.count)
        for node in graph.nodes {
            let digest = inputDigest(of: node, set: set, dependencies: digests, valuesDigest: valuesDigest)
            digests[node.identity] = digest
            let (action, reason) =
                if node.isPassThrough, let name = node.workload {
                    workloadAction(
                        mode, isNew: previous?.modules[name] == nil, isSame: workloadDigests[name] == digest)
                } else {
                    resourceAction(node, active[node.identity], digest, mode)
                }
            nodes.append(PlannedNode(node: node, action: action, reason: reason, inputDigest: digest))
        }
        let removed = (previous?.modules.keys).map { names in names.filter { set.modules[$0] == nil }.sorted() } ?? []
        let unused = known.map(\.resource.identity).filter { digests[$0] == nil }.sorted()
        return DeploymentPlan(
            context: context, setID: set.contentID, mode: mode, graphID: graph.id, nodes: nodes, names: graph.names,
            removedWorkloads: removed, unused: unused)
    }

    /// Everything that could change what a driver is handed, save what changes with every deployment (`context.deploy`).
    private static func inputDigest(
        of node: ResourceNode, set: DeploymentSet, dependencies: [ResourceIdentity: String], valuesDigest: String
    ) -> String {
        var parts = [
            node.definitionID, node.definitionVersionID, canonicalDriver(node.driverType), node.driverAccount ?? "",
            node.params.canonical, node.driverInputs.values.canonical, node.driverInputs.secretRefs.canonical, valuesDigest,
        ]
        if let workload = node.workload { parts.append(set.modules[workload]?.document.canonical ?? "") }
        parts += node.dependsOn.map { "\($0)=\(dependencies[$0] ?? "")" }
        return SHA256.hex(parts.joined(separator: "\u{1f}"))
    }

    /// `humanitec/echo` and `martlet/echo` are one driver.
    private static func canonicalDriver(_ type: String) -> String {
        type.hasPrefix("humanitec/") ? "martlet/" + type.dropFirst("humanitec/".count) : type
    }

    private static func workloadAction(_ mode: DeploymentMode, isNew: Bool, isSame: Bool) -> (PlanAction, String) {
        if isNew { return (.create, "the environment does not run it yet") }
        if mode == .full { return (.update, "a full deployment applies every workload again") }
        return isSame ? (.keep, "nothing it is made of changed") : (.update, "its spec or something it depends on changed")
    }

    private static func resourceAction(
        _ node: ResourceNode, _ known: KnownResource?, _ digest: String, _ mode: DeploymentMode
    ) -> (PlanAction, String) {
        guard let known else { return (.create, "the environment does not have it yet") }
        let active = known.resource
        // As in the reference: the same identity from another definition or driver is another thing (humanitec.md section 4).
        if canonicalDriver(active.driverType) != canonicalDriver(node.driverType) {
            return (.replace, "its driver is now '\(node.driverType)', it was made by '\(active.driverType)'")
        }
        if active.defID != node.definitionID {
            return (.replace, "definition '\(node.definitionID)' matches now, it was made by '\(active.defID)'")
        }
        if known.failed { return (.update, "its last provisioning did not succeed") }
        if active.defVersionID != node.definitionVersionID {
            return (.update, "definition '\(node.definitionID)' has a new version")
        }
        if known.inputDigest != digest { return (.update, "its inputs or something it depends on changed") }
        return mode == .full
            ? (.update, "a full deployment provisions every resource again") : (.keep, "nothing it is made of changed")
    }
}
