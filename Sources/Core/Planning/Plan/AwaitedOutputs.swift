import PlatformModel

/// Placeholders while a plan is made: what comes from a resource that is about to change is not known yet, and neither is anything
/// that it is mixed into. It travels as a secret of a store that does not exist, so that no mixing can lose it.
struct AwaitedOutputs: PlaceholderScope {
    let scope: PlanScope
    /// What will have other outputs than it has now.
    let changing: Set<ResourceIdentity>

    /// Stands for the deployment itself: its id is another one each time.
    static let deployment = ResourceIdentity(type: "", class: "", id: "")

    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument {
        let target = try scope.grammar.target(of: placeholder, from: scope.source)
        switch target {
        case .context("deploy.id"), .context("deploy.set.id"): return Self.awaiting(Self.deployment)
        case .outputs(let identity, _) where isAwaited(identity): return Self.awaiting(identity)
        case .selected(let text, _, let anchor, _):
            let found = scope.selections[GraphBuilder.selectorKey(text, anchor)] ?? []
            if let first = found.first(where: isAwaited) { return Self.awaiting(first) }
        default: break
        }
        return try scope.value(of: placeholder)
    }

    private func isAwaited(_ identity: ResourceIdentity) -> Bool {
        changing.contains(identity) || scope.scope.outputs[identity] == nil
    }

    private static func awaiting(_ identity: ResourceIdentity) -> ResolvedDocument {
        let path = [identity.type, identity.class, identity.id]
        return ResolvedDocument(secret: SecretReference(store: "", ref: JSONPointer(tokens: path).description))
    }

    /// The resource that an awaited value comes from.
    static func identity(_ reference: SecretReference) -> ResourceIdentity {
        guard let tokens = try? JSONPointer(reference.ref).tokens, tokens.count == 3 else { return deployment }
        return ResourceIdentity(type: tokens[0], class: tokens[1], id: tokens[2])
    }
}

extension SecretPart {
    /// No real secret is kept in a store without a name (`SecretLeaves.reference` gives an empty one its default).
    var isAwaited: Bool {
        guard case .reference(let reference) = self else { return false }
        return reference.store.isEmpty
    }
}
