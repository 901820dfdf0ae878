import PlatformModel

/// What placeholders need beyond the plan once a deployment runs.
package struct DeploymentScope: Sendable {
    package var deploymentID: String
    package var setID: String
    /// The outputs of the resources provisioned so far, kept ones included.
    package var outputs: [ResourceIdentity: NodeOutputs]
    /// The environment's shared values, by name.
    package var values: [String: ResolvedDocument]
    /// Gives the outputs of resources that are not in `outputs`, where there may be more than are known; a shared value that is not
    /// there is a text that names it then (`StandIn`). Without it both are errors.
    package var others: (@Sendable (ResourceIdentity) -> NodeOutputs)?
    /// What placeholders stand for whatever else is known: `context.res.id`, `resources.config#x.outputs.a` -> value.
    package var given: [String: ResolvedDocument] = [:]
    /// What selectors find: `dns<route` -> the outputs of each.
    package var selected: [String: [JSON]] = [:]

    package init(
        deploymentID: String, setID: String, outputs: [ResourceIdentity: NodeOutputs], values: [String: ResolvedDocument] = [:],
        others: (@Sendable (ResourceIdentity) -> NodeOutputs)? = nil
    ) {
        self.others = others
        self.deploymentID = deploymentID
        self.setID = setID
        self.outputs = outputs
        self.values = values
    }
}

/// Looks placeholders up for one resource or one workload of a plan.
struct PlanScope: PlaceholderScope {
    let plan: DeploymentPlan
    let grammar: PlaceholderGrammar
    let source: PlaceholderSource
    let selections: [String: [ResourceIdentity]]
    let scope: DeploymentScope

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        if !scope.given.isEmpty, let given = scope.given[placeholder.path.joined(separator: ".")] { return given }
        switch try grammar.target(of: placeholder, from: source) {
        case .context("deploy.id"): return ResolvedDocument(.string(scope.deploymentID))
        case .context("deploy.set.id"): return ResolvedDocument(.string(scope.setID))
        case .context(let field): return ResolvedDocument(plan.context.field(field, own: source.own).map(JSON.string) ?? .null)
        case .value(let key, let path): return try sharedValue(key, path)
        case .outputs(let identity, let path): return try outputs(of: identity).value(at: path, of: identity)
        case .guResID(let identity): return ResolvedDocument(.string(plan.context.guResID(of: identity)))
        case .account(let identity): return try account(of: identity)
        case .selected(let text, _, _, let path) where scope.selected[text] != nil:
            return try selected(text, path)
        case .selected(let text, _, let anchor, let path):
            let found = selections[GraphBuilder.selectorKey(text, anchor)] ?? []
            var elements: [ResolvedDocument] = []
            for identity in found { elements.append(try outputs(of: identity).value(at: path, of: identity)) }
            return Self.array(elements)
        case .selectedGUResIDs(let text, _, let anchor):
            let found = selections[GraphBuilder.selectorKey(text, anchor)] ?? []
            return ResolvedDocument(.array(found.map { .string(plan.context.guResID(of: $0)) }))
        case .servicePort(_, _, let port): return ResolvedDocument(.int(Int64(port)))
        case .serviceName(let workload): return ResolvedDocument(.string(workload))
        }
    }

    private func outputs(of identity: ResourceIdentity) throws(LookupFailure) -> NodeOutputs {
        guard let outputs = scope.outputs[identity] else {
            if let others = scope.others { return others(identity) }
            throw LookupFailure("PLAN-107", "\(identity) has no outputs yet")
        }
        return outputs
    }

    private func account(of identity: ResourceIdentity) throws(LookupFailure) -> ResolvedDocument {
        guard let planned = plan.nodes.first(where: { $0.node.identity == identity }) else {
            // A preview has no plan, and accounts are the server's.
            return ResolvedDocument(.string(StandIn.account(of: identity)))
        }
        guard let account = planned.node.driverAccount else {
            throw LookupFailure("PLAN-107", "the definition of \(identity) names no driver_account")
        }
        return ResolvedDocument(.string(account))
    }

    private func selected(_ text: String, _ path: [String]) throws(LookupFailure) -> ResolvedDocument {
        var elements: [JSON] = []
        for (index, outputs) in (scope.selected[text] ?? []).enumerated() {
            guard let value = path.isEmpty ? outputs : outputs[JSONPointer(tokens: path)] else {
                let names = outputs.object?.keys.sorted() ?? [], name = path.joined(separator: ".")
                throw LookupFailure(
                    "PLAN-107", "the outputs given for '\(text)' have no '\(name)' in element \(index)",
                    suggestion: nearestName(to: name, among: names))
            }
            elements.append(value)
        }
        return ResolvedDocument(.array(elements))
    }

    private func sharedValue(_ key: String, _ path: [String]) throws(LookupFailure) -> ResolvedDocument {
        guard let value = scope.values[key] else {
            if scope.others != nil { return ResolvedDocument(.string(StandIn.value(key, path))) }
            throw LookupFailure(
                "PLAN-102", "the environment has no shared value '\(key)'",
                suggestion: nearestName(to: key, among: scope.values.keys))
        }
        guard !path.isEmpty else { return value }
        guard value.slots.isEmpty, let inner = value.document[JSONPointer(tokens: path)] else {
            throw LookupFailure("PLAN-102", "shared value '\(key)' has no member '\(path.joined(separator: "."))'")
        }
        return ResolvedDocument(inner)
    }

    private static func array(_ elements: [ResolvedDocument]) -> ResolvedDocument {
        let slots = elements.enumerated().flatMap { index, element in
            element.slots.map { SecretSlot(pointer: "/\(index)\($0.pointer)", parts: $0.parts) }
        }
        return ResolvedDocument(.array(elements.map(\.document)), slots: slots)
    }
}
