import PlatformModel

/// What matching a resource came to.
package enum MatchOutcome: Sendable, Hashable {
    case matched(Match)
    case unmatched(Problem, MatchExplanation)
}

/// The definition and the criterion that a resource is made by, and why.
package struct Match: Sendable, Hashable {
    package var definition: ResourceDefinition
    package var criteria: MatchingCriteria
    package var explanation: MatchExplanation
}

/// An organisation's definitions by type, for matching many resources.
package struct DefinitionIndex: Sendable {
    private struct Candidate: Sendable {
        var definition: Int
        var criteria: MatchingCriteria
        var rank: Int
    }

    private let definitions: [ResourceDefinition]
    /// Definitions of a type, by id.
    private var byType: [String: [Int]] = [:]
    /// Candidates of `type.class`, most specific first.
    private var byClass: [String: [Candidate]] = [:]
    private let typeNames: Set<String>
    /// Types with a criterion that names a resource.
    private var typesByResource: Set<String> = []

    /// - Parameter resourceTypes: only for the advice on a type that nothing makes.
    package init(_ definitions: [ResourceDefinition], resourceTypes: [ResourceType] = []) {
        let sorted = definitions.sorted { $0.id < $1.id }
        self.definitions = sorted
        for (index, definition) in sorted.enumerated() {
            byType[definition.type, default: []].append(index)
            for criteria in definition.criteria {
                if criteria.resID != nil { typesByResource.insert(definition.type) }
                byClass["\(definition.type).\(criteria.class)", default: []]
                    .append(Candidate(definition: index, criteria: criteria, rank: criteria.rank))
            }
        }
        for (key, candidates) in byClass {
            // Equal ranks among those that match cannot be (duplicates are refused); the id order makes it one order anyway.
            byClass[key] = candidates.sorted { ($1.rank, $0.definition) < ($0.rank, $1.definition) }
        }
        typeNames = Set(resourceTypes.map(\.type))
    }

    /// Whether some definition makes resources of this type.
    package func makes(_ type: String) -> Bool { byType[type] != nil }

    /// Whether two resources of this type and of one class may match differently.
    func namesResources(ofType type: String) -> Bool { typesByResource.contains(type) }

    /// The id of the definition that matches, without the reasons.
    func winner(_ identity: ResourceIdentity, in context: EnvironmentContext) -> String? {
        byClass["\(identity.type).\(identity.class)"]?.first { $0.criteria.firstMismatch(identity, context) == nil }
            .map { definitions[$0.definition].id }
    }

    /// The most specific criterion that fully matches (humanitec.md 2.1), and why each other definition of the type lost.
    package func match(_ identity: ResourceIdentity, in context: EnvironmentContext) -> MatchOutcome {
        let candidates = byClass["\(identity.type).\(identity.class)"] ?? []
        let fitting = candidates.filter { $0.criteria.firstMismatch(identity, context) == nil }
        guard let best = fitting.first else {
            let explanation = MatchExplanation(
                resource: identity.description, winner: nil, others: losers(identity, context, winner: nil))
            return .unmatched(problem(identity, explanation), explanation)
        }
        let definition = definitions[best.definition]
        let explanation = MatchExplanation(
            resource: identity.description, winner: winner(best, runnerUp: fitting.first { $0.definition != best.definition }),
            others: losers(identity, context, winner: best))
        return .matched(Match(definition: definition, criteria: best.criteria, explanation: explanation))
    }

    private func winner(_ best: Candidate, runnerUp: Candidate?) -> MatchExplanation.Winner {
        let definition = definitions[best.definition]
        var verdict = "matches \(best.criteria.words)"
        let decidedBy = runnerUp.map { decidingField(best.criteria, over: $0.criteria) }
        if let runnerUp, let decidedBy {
            verdict += "; more specific than '\(definitions[runnerUp.definition].id)' because of \(decidedBy)"
        }
        return MatchExplanation.Winner(
            definitionID: definition.id, definitionVersionID: definition.versionID, criteriaID: best.criteria.id,
            rank: best.rank, decidedBy: decidedBy, verdict: verdict)
    }

    /// The most specific field that one criterion has and the other has not.
    private func decidingField(_ winner: MatchingCriteria, over loser: MatchingCriteria) -> String {
        CriteriaField.allCases.first { ($0.wanted(by: winner) == nil) != ($0.wanted(by: loser) == nil) }?.rawValue ?? "def_id"
    }

    private func losers(
        _ identity: ResourceIdentity, _ context: EnvironmentContext, winner: Candidate?
    ) -> [MatchExplanation.Loser] {
        (byType[identity.type] ?? []).compactMap { index in
            index == winner?.definition ? nil : loser(definitions[index], identity, context, winner: winner)
        }
    }

    /// The one reason: of its criteria the one that came nearest speaks (a fitting one, then one of the right class, then any).
    private func loser(
        _ definition: ResourceDefinition, _ identity: ResourceIdentity, _ context: EnvironmentContext, winner: Candidate?
    ) -> MatchExplanation.Loser {
        let ofClass = definition.criteria.filter { $0.class == identity.class }
        if let winner, let near = ofClass.filter({ $0.firstMismatch(identity, context) == nil }).max(by: { $0.rank < $1.rank }) {
            let field = decidingField(winner.criteria, over: near)
            return .init(
                definitionID: definition.id, criteriaID: near.id, field: field,
                verdict: "matches \(near.words), but '\(definitions[winner.definition].id)' is more specific because of \(field)")
        }
        // A mismatch low in the order came nearer than one high up.
        let nearest = ofClass.compactMap { criteria in criteria.firstMismatch(identity, context).map { (criteria, $0) } }
            .min { $0.1.weight < $1.1.weight }
        if let (criteria, field) = nearest {
            return .init(
                definitionID: definition.id, criteriaID: criteria.id, field: field.rawValue,
                verdict: "\(field.rawValue) is '\(field.wanted(by: criteria) ?? "")', "
                    + "\(field.owner) is '\(field.actual(identity, context))'")
        }
        guard let other = definition.criteria.first else {
            return .init(
                definitionID: definition.id, criteriaID: nil, field: "criteria",
                verdict: "has no matching criteria, so nothing ever matches it")
        }
        return .init(
            definitionID: definition.id, criteriaID: other.id, field: "class",
            verdict: "class is '\(other.class)', this resource's is '\(identity.class)'")
    }

    private func problem(_ identity: ResourceIdentity, _ explanation: MatchExplanation) -> Problem {
        guard byType[identity.type] != nil else {
            if !typeNames.isEmpty && !typeNames.contains(identity.type) {
                return Problem(
                    code: "PLAN-105", path: identity.description, message: "there is no resource type '\(identity.type)'",
                    suggestion: nearestName(to: identity.type, among: typeNames))
            }
            return Problem(
                code: "MATCH-201", path: identity.description,
                message: "no definition makes resources of type '\(identity.type)': create one with criteria that match")
        }
        let ofClass = byClass["\(identity.type).\(identity.class)"] != nil
        // Bounded: an organisation may have hundreds.
        let shown = explanation.others.prefix(10).map { "'\($0.definitionID)' (\($0.verdict))" }.joined(separator: ", ")
        let more = explanation.others.count > 10 ? " and \(explanation.others.count - 10) more" : ""
        let classes = Set((byType[identity.type] ?? []).flatMap { definitions[$0].criteria.map(\.class) })
        return Problem(
            code: ofClass ? "MATCH-202" : "MATCH-201", path: identity.description,
            message: "no definition of type '\(identity.type)' matches this resource: \(shown)\(more); "
                + "add criteria with class '\(identity.class)' to one of them",
            suggestion: ofClass ? nil : nearestName(to: identity.class, among: classes))
    }
}

/// Matches one resource; for many, keep a `DefinitionIndex`.
package func match(
    _ identity: ResourceIdentity, in context: EnvironmentContext, definitions: [ResourceDefinition]
) -> MatchOutcome {
    DefinitionIndex(definitions).match(identity, in: context)
}
