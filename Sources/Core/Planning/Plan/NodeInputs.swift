import PlatformModel

extension DeploymentPlan {
    /// What the driver of a node is handed: `{"params": ..., "values": ..., "secrets": ...}`, and `account` where it has one, with a slot wherever a secret goes,
    /// be it a leaf of the definition's `secret_refs` or a value that came out of a secret output. Call it once all that the
    /// node depends on has outputs; throws every placeholder that has no value.
    package func resolveInputs(of node: ResourceNode, in scope: DeploymentScope) throws(PlanningError) -> ResolvedDocument {
        let inputs = inputs(of: node) { self.scope($0, node.selections, scope) }
        guard inputs.problems.isEmpty else { throw PlanningError(inputs.problems) }
        return inputs.document
    }

    /// The inputs, with whatever `scope` says that a placeholder is for who writes it; null where it has none.
    func inputs<Scope: PlaceholderScope>(
        of node: ResourceNode, _ scope: (PlaceholderSource) -> Scope
    ) -> (document: ResolvedDocument, problems: [Problem]) {
        let place = node.identity.description
        var params = PlaceholderResolver(scope(.absolute(node.identity)), place: place)
        let first = params.resolve(node.params, at: ["params"])
        var inputs = PlaceholderResolver(scope(.definition(node.identity)), place: place)
        let second = inputs.resolve(node.driverInputs.values, at: ["values"])
        var secrets = SecretInputs(resolver: inputs, context: context, own: node.identity)
        let third = secrets.resolve(node.driverInputs.secretRefs, ["secrets"])
        var document = ResolvedDocument(
            ["params": first.document, "values": second.document, "secrets": third],
            slots: first.slots + second.slots + secrets.slots)
        if let account = node.accountReference {
            document.document["account"] = .null
            document.slots.append(SecretSlot(pointer: "/account", parts: [.reference(account)]))
        }
        return (document, params.problems + secrets.resolver.problems + secrets.problems)
    }

    /// The spec of a workload with the placeholders of all its strings replaced. Where Score does not expand (images, commands,
    /// arguments) its conversion has written `$\{`.
    package func resolveWorkload(
        _ name: String, of set: DeploymentSet, in scope: DeploymentScope
    ) throws(PlanningError) -> ResolvedDocument {
        let source = PlaceholderSource.workload(name)
        guard let workload = set.modules[name] else {
            let near = nearestName(to: name, among: set.modules.keys)
            let message = "the set has no such workload"
            throw PlanningError([Problem(code: "PLAN-102", path: "modules.\(name)", message: message, suggestion: near)])
        }
        var resolver = PlaceholderResolver(self.scope(source, [:], scope), place: "modules.\(name).spec")
        let result = resolver.resolve(workload.spec)
        guard resolver.problems.isEmpty else { throw PlanningError(resolver.problems) }
        return result
    }

    func scope(
        _ source: PlaceholderSource, _ selections: [String: [ResourceIdentity]], _ scope: DeploymentScope
    ) -> PlanScope {
        PlanScope(plan: self, grammar: PlaceholderGrammar(names: names), source: source, selections: selections, scope: scope)
    }
}

/// The `secret_refs` of a definition: a slot for each reference. What a reference is, is read before any placeholder is
/// replaced: an output that looks like a reference must not become one.
private struct SecretInputs<Scope: PlaceholderScope> {
    var resolver: PlaceholderResolver<Scope>
    let context: EnvironmentContext
    let own: ResourceIdentity
    private(set) var slots: [SecretSlot] = []
    private(set) var problems: [Problem] = []

    init(resolver: PlaceholderResolver<Scope>, context: EnvironmentContext, own: ResourceIdentity) {
        self.resolver = resolver
        self.context = context
        self.own = own
    }

    mutating func resolve(_ value: JSON, _ path: [String]) -> JSON {
        if var reference = SecretLeaves.reference(value) {
            guard let ref = refText(reference.ref, path) else { return .null }
            reference.ref = ref
            slots.append(SecretSlot(pointer: JSONPointer(tokens: path).description, parts: [.reference(reference)]))
            return .null
        }
        switch value {
        case .object(var members):
            // `{"value": text}` is a text that placeholders make, mostly of secret outputs.
            if members.count == 1, let text = members["value"], text.string != nil { return plain(text, path) }
            for key in members.keys.sorted() { members[key] = resolve(members[key, default: .null], path + [key]) }
            return .object(members)
        case .array(let elements):
            return .array(elements.enumerated().map { resolve($1, path + [String($0)]) })
        default:
            return plain(value, path)
        }
    }

    private mutating func plain(_ value: JSON, _ path: [String]) -> JSON {
        let result = resolver.resolve(value, at: path)
        slots += result.slots
        return result.document
    }

    /// Only the context may take part in a path to a secret: an output, which a developer may shape, must not choose one.
    private mutating func refText(_ text: String, _ path: [String]) -> String? {
        guard let parsed = try? PlaceholderText(text) else { return text }
        var out = ""
        for piece in parsed.pieces {
            switch piece {
            case .literal(let literal): out += literal
            case .placeholder(let placeholder):
                let field = placeholder.path.dropFirst().joined(separator: ".")
                guard placeholder.family == "context", let value = context.field(field, own: own) else {
                    problems.append(
                        Problem(
                            code: "PLAN-108", path: "\(own) \(JSONPointer(tokens: path))/ref",
                            message:
                                "'\(placeholder)' cannot take part in a path to a secret; org, app, env and res of 'context' can")
                    )
                    return nil
                }
                // One part of the path, or a piece of one: nobody who names a thing chooses how deep the path goes, or where it ends.
                guard !value.isEmpty, value != ".", value != "..",
                    !value.utf8.contains(where: { "/*#%?\\".utf8.contains($0) || $0 <= 0x20 })
                else {
                    problems.append(
                        Problem(
                            code: "PLAN-108", path: "\(own) \(JSONPointer(tokens: path))/ref",
                            message: "'\(placeholder)' is '\(value.prefix(80))', which cannot be a part of a path to a secret"))
                    return nil
                }
                out += value
            }
        }
        return out
    }
}
