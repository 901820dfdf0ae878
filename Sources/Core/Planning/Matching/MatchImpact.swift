import PlatformModel

/// A change to an organisation's definitions or criteria, to be looked at before it is made.
package enum MatchingChange: Sendable, Hashable {
    /// The definition is there as given, in place of one of its id.
    case write(ResourceDefinition)
    case delete(definition: String)
    /// A definition has these criteria, instead of those that it had.
    case setCriteria([MatchingCriteria], of: String)
    case addCriterion(MatchingCriteria, to: String)
    case deleteCriterion(String, of: String)

    /// The definition that it is about.
    package var definitionID: String {
        switch self {
        case .write(let definition): definition.id
        case .delete(let id), .setCriteria(_, let id), .addCriterion(_, let id), .deleteCriterion(_, let id): id
        }
    }

    /// The definitions once it is made.
    package func applied(to definitions: [ResourceDefinition]) -> [ResourceDefinition] {
        switch self {
        case .write(let definition): definitions.filter { $0.id != definition.id } + [definition]
        case .delete(let id): definitions.filter { $0.id != id }
        case .setCriteria(let criteria, let id): change(id, definitions) { $0.criteria = criteria }
        case .addCriterion(let criterion, let id): change(id, definitions) { $0.criteria.append(criterion) }
        case .deleteCriterion(let criterion, let id):
            change(id, definitions) { definition in definition.criteria.removeAll { $0.id == criterion } }
        }
    }

    private func change(
        _ id: String, _ definitions: [ResourceDefinition], _ edit: (inout ResourceDefinition) -> Void
    ) -> [ResourceDefinition] {
        definitions.map { definition in
            guard definition.id == id else { return definition }
            var changed = definition
            edit(&changed)
            return changed
        }
    }
}

/// An active resource that another definition would make at its next deployment (contract: ResourceDefinitionChangeResponse).
package struct MatchImpact: Sendable, Hashable, Codable {
    package var appID: String
    package var envID: String
    package var envType: String
    package var type: String
    package var `class`: String
    package var resID: String
    /// The definition that it was made by.
    package var fromDefinition: String
    /// The definition that would make it; empty where none matches any more, so that the next deployment fails.
    package var toDefinition: String
    /// Why: `matches env_type 'production'; more specific than 'pg-all' because of env_type`.
    package var reason: String

    private enum CodingKeys: String, CodingKey {
        case type, `class`, reason
        case appID = "app_id"
        case envID = "env_id"
        case envType = "env_type"
        case resID = "res_id"
        case fromDefinition = "from_def"
        case toDefinition = "to_def"
    }
}

/// Which active resources would match another definition than now if a change were made, in the order of application, environment and
/// resource. One that would come back to the definition that made it is not among them: nothing would become of it.
///
/// - Parameter active: resources of any environments; workloads that no definition made are left out.
package func impact(
    of change: MatchingChange, on active: some Sequence<ActiveResource>, definitions: [ResourceDefinition]
) -> [MatchImpact] {
    let after = change.applied(to: definitions)
    let touched = Set((definitions + after).filter { $0.id == change.definitionID }.map(\.type))
    // Only definitions of the types that the change is about take part.
    let old = DefinitionIndex(definitions.filter { touched.contains($0.type) })
    let new = DefinitionIndex(after.filter { touched.contains($0.type) })
    let moved = active.filter { resource in
        guard touched.contains(resource.type), !resource.defID.isEmpty else { return false }
        let target = new.winner(resource.identity, in: resource.context)
        return target != resource.defID && target != old.winner(resource.identity, in: resource.context)
    }
    return MatchImpact.list(moved, new)
}

/// What would make each of these resources at its next deployment, in the order of application, environment and resource.
package func futureMatches(
    of active: some Sequence<ActiveResource>, definitions: [ResourceDefinition]
) -> [MatchImpact] {
    MatchImpact.list(Array(active), DefinitionIndex(definitions))
}

extension MatchImpact {
    fileprivate static func list(_ resources: [ActiveResource], _ index: DefinitionIndex) -> [MatchImpact] {
        resources.map { resource in
            let (target, reason) =
                switch index.match(resource.identity, in: resource.context) {
                case .matched(let match): (match.definition.id, match.explanation.winner?.verdict ?? "")
                case .unmatched(let problem, _): ("", problem.message)
                }
            return MatchImpact(
                appID: resource.appID, envID: resource.envID, envType: resource.envType, type: resource.type,
                class: resource.class, resID: resource.resID, fromDefinition: resource.defID, toDefinition: target,
                reason: reason)
        }
        .sorted { left, right in
            (left.appID, left.envID, left.type, left.class, left.resID)
                < (right.appID, right.envID, right.type, right.class, right.resID)
        }
    }
}

extension ActiveResource {
    fileprivate var context: EnvironmentContext {
        EnvironmentContext(orgID: orgID, appID: appID, envID: envID, envType: envType)
    }
}
