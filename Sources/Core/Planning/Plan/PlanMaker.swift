import PlatformModel

extension DeploymentPlan {
    /// Compares a graph with what stands in the environment.
    ///
    /// - Parameters:
    ///   - set: the set that `graph` was built from.
    ///   - setID: of the set that was asked for, where profiles made `set` of it.
    ///   - previous: the set deployed before; its workloads that `set` lacks are removed.
    ///   - known: the environment's active resources.
    ///   - workloadDigests: the digests with which workloads without a definition were last deployed, by name; empty for one whose
    ///     deployment did not succeed.
    ///   - valuesDigest: changes whenever any shared value does, for who has no `values`: every node is then taken to read them.
    ///   - values: the shared values; a node is touched by those alone that it reads.
    ///   - removing: unused resources that are to be destroyed; without it a deployment destroys none.
    package static func make(
        graph: ResourceGraph, set: DeploymentSet, setID: String? = nil, previous: DeploymentSet?, known: [KnownResource],
        context: EnvironmentContext,
        mode: DeploymentMode, workloadDigests: [String: String] = [:], valuesDigest: String = "",
        values: [String: ResolvedDocument] = [:], removing: Set<ResourceIdentity> = []
    ) -> DeploymentPlan {
        let content = set.contentDigests, setID = setID ?? content.id
        let valueDigests = values.mapValues(\.digest)
        var maker = PlanMaker(
            set: set, previous: previous, mode: mode, workloadDigests: workloadDigests, valuesDigest: valuesDigest,
            valueDigests: valueDigests, contentDigests: content.workloads,
            active: Dictionary(known.map { ($0.resource.identity, $0) }, uniquingKeysWith: { _, last in last }),
            preview: PlanPreview(context: context, setID: setID, names: graph.names, known: known, values: values))
        let nodes = graph.nodes.map { maker.plan($0) }
        let removed = (previous?.modules.keys).map { names in names.filter { set.modules[$0] == nil }.sorted() } ?? []
        let unused = known.filter { maker.digests[$0.resource.identity] == nil }
        let removals =
            removed.map { name in
                let identity = PlaceholderSource.workload(name).own
                let definition = maker.active[identity]?.resource.defID ?? ""
                return PlannedRemoval(
                    identity: identity, definitionID: definition, action: .delete, reason: "the set no longer has this workload")
            }
            + PlannedRemoval.resources(
                unused.filter { known in known.resource.identity.workload.map { !removed.contains($0) } ?? true },
                removing: removing)
        var allValues = FieldBytes()
        allValues.add(valuesDigest)
        allValues.add(PlanBasis.fingerprint(valueDigests))
        let stands = PlanBasis.members(known, workloadDigests)
        let members = valueDigests.reduce(into: stands) { $0["value \($1.key)"] = PlanBasis.short($1.value) }
        let graphID = graph.id
        return DeploymentPlan(
            context: context, setID: setID, mode: mode, graphID: graphID, nodes: nodes, names: graph.names,
            removedWorkloads: removed, unused: unused.map(\.resource.identity).sorted(), removals: removals,
            basis: PlanBasis(
                set: setID, graph: graphID, values: allValues.digest, resources: PlanBasis.fingerprint(stands),
                members: members))
    }
}

/// Goes through a graph in its order and decides for each node.
private struct PlanMaker {
    let set: DeploymentSet
    let previous: DeploymentSet?
    let mode: DeploymentMode
    let workloadDigests: [String: String]
    let valuesDigest: String
    let valueDigests: [String: String]
    /// Of the set's workloads.
    let contentDigests: [String: String]
    let active: [ResourceIdentity: KnownResource]
    var preview: PlanPreview
    private(set) var digests: [ResourceIdentity: String] = [:]
    /// What a definition's inputs come to is written and hashed once, however many resources it makes.
    private var definitionDigests: [String: String] = [:]

    init(
        set: DeploymentSet, previous: DeploymentSet?, mode: DeploymentMode, workloadDigests: [String: String],
        valuesDigest: String, valueDigests: [String: String], contentDigests: [String: String],
        active: [ResourceIdentity: KnownResource], preview: PlanPreview
    ) {
        self.set = set
        self.previous = previous
        self.mode = mode
        self.workloadDigests = workloadDigests
        self.valuesDigest = valuesDigest
        self.valueDigests = valueDigests
        self.contentDigests = contentDigests
        self.active = active
        self.preview = preview
    }

    mutating func plan(_ node: ResourceNode) -> PlannedNode {
        let digest = inputDigest(of: node)
        digests[node.identity] = digest
        let decision =
            if node.isPassThrough, let name = node.workload {
                workload(node, name, digest)
            } else {
                resource(node, active[node.identity], digest)
            }
        if decision.changes != nil { preview.changing.insert(node.identity) }
        return PlannedNode(
            node: node, action: decision.action, reason: decision.reason, inputDigest: digest, changes: decision.changes ?? [])
    }

    /// Everything that could change what a driver is handed, save what changes with every deployment (`context.deploy`).
    private mutating func inputDigest(of node: ResourceNode) -> String {
        var fields = FieldBytes()
        fields.add(definitionDigest(of: node))
        fields.add(node.params)
        fields.add(valuesDigest)
        for key in node.sharedValues {
            fields.add(key)
            fields.add(valueDigests[key] ?? "")
        }
        node.addServicePorts(to: &fields)
        fields.add(node.workload.flatMap { contentDigests[$0] } ?? "")
        for dependency in node.dependsOn {
            fields.add(dependency)
            fields.add(digests[dependency] ?? "")
        }
        return fields.digest
    }

    private mutating func definitionDigest(of node: ResourceNode) -> String {
        let key =
            "\(node.definitionID) \(node.definitionVersionID) \(node.driverAccount ?? "") \(node.accountReference?.ref ?? "")"
        if let digest = definitionDigests[key] { return digest }
        let digest = node.definitionFields(driverType: canonicalDriver(node.driverType)).digest
        definitionDigests[key] = digest
        return digest
    }

    /// `changes` is nil where the outputs of the node stay what they are.
    private struct Decision {
        var action: PlanAction
        var reason: String
        var changes: [InputChange]?
    }

    private func workload(_ node: ResourceNode, _ name: String, _ digest: String) -> Decision {
        guard previous?.modules[name] != nil else {
            return Decision(action: .create, reason: "the environment does not run it yet", changes: [])
        }
        if workloadDigests[name] != digest {
            let changes = workloadChanges(name)
            // Who has an empty digest was deployed without success.
            let otherwise =
                workloadDigests[name] == ""
                ? "its last deployment did not succeed" : "its spec or something it depends on changed"
            let reason = reason(changes, node, otherwise: otherwise)
            return Decision(action: .update, reason: reason, changes: changes)
        }
        return mode == .full
            ? Decision(action: .update, reason: "a full deployment applies every workload again")
            : Decision(action: .keep, reason: "nothing it is made of changed")
    }

    /// Nothing where it is only known that the workload runs, not what it was.
    private func workloadChanges(_ name: String) -> [InputChange] {
        guard let before = previous?.modules[name], !before.profile.isEmpty, let after = set.modules[name] else { return [] }
        let changes = DocumentLeaves.changes(
            from: DocumentLeaves(ResolvedDocument(before.document)), to: DocumentLeaves(ResolvedDocument(after.document)))
        return Array(changes.prefix(InputChange.limit))
    }

    private func resource(_ node: ResourceNode, _ known: KnownResource?, _ digest: String) -> Decision {
        guard let known else { return Decision(action: .create, reason: "the environment does not have it yet", changes: []) }
        let active = known.resource
        // As in the reference: the same identity from another definition or driver is another thing (humanitec.md section 4).
        if canonicalDriver(active.driverType) != canonicalDriver(node.driverType) {
            let reason = "its driver is now '\(node.driverType)', it was made by '\(active.driverType)'"
            return Decision(action: .replace, reason: reason, changes: [])
        }
        if active.defID != node.definitionID {
            let reason = "definition '\(node.definitionID)' matches now, it was made by '\(active.defID)'"
            return Decision(action: .replace, reason: reason, changes: [])
        }
        let isSame = known.inputDigest == digest
        let changes = isSame ? [] : preview.changes(of: node, since: known)
        if known.failed { return Decision(action: .update, reason: "its last provisioning did not succeed", changes: changes) }
        if active.defVersionID != node.definitionVersionID {
            return Decision(
                action: .update, reason: "definition '\(node.definitionID)' has a new version", changes: changes)
        }
        if !isSame {
            let reason = reason(changes, node, otherwise: "its inputs or something it depends on changed")
            return Decision(action: .update, reason: reason, changes: changes)
        }
        return mode == .full
            ? Decision(action: .update, reason: "a full deployment provisions every resource again")
            : Decision(action: .keep, reason: "nothing it is made of changed")
    }

    /// `/params/size changed; postgres.default#shared.main, which it depends on, changes too`.
    private func reason(_ changes: [InputChange], _ node: ResourceNode, otherwise: String) -> String {
        let own = changes.filter { if case .awaits? = $0.after { false } else { true } }
        let needs = node.dependsOn.filter(preview.changing.contains)
        var parts: [String] = []
        if !own.isEmpty {
            let more = own.count > 3 ? " and \(own.count - 3) more" : ""
            parts.append(own.prefix(3).map(\.path).joined(separator: ", ") + more + " changed")
        }
        if let first = needs.first {
            let more = needs.count > 1 ? " and \(needs.count - 1) more" : ""
            parts.append("it depends on \(first)\(more), which \(needs.count > 1 ? "change" : "changes") too")
        }
        return parts.isEmpty ? otherwise : parts.joined(separator: "; ")
    }

    /// `humanitec/echo` and `martlet/echo` are one driver.
    private func canonicalDriver(_ type: String) -> String { DriverName.own(type).map { "martlet/\($0)" } ?? type }
}

extension ResolvedDocument {
    /// Of the value and of where its secrets are kept.
    fileprivate var digest: String {
        var fields = FieldBytes()
        fields.add(document)
        for slot in slots {
            fields.add(slot.pointer)
            fields.add(ShownValue(slot).description)
        }
        return fields.digest
    }
}
