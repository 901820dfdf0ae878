import PlatformModel

/// Two equal criteria for one resource type, which the registration refuses (humanitec.md 2.1): no tie can remain.
package struct CriteriaConflict: Sendable, Hashable, CustomStringConvertible {
    package var criteria: MatchingCriteria
    /// The definition that has it already.
    package var definitionID: String
    package var criteriaID: String

    package var description: String {
        "definition '\(definitionID)' already matches \(criteria.words), class '\(criteria.class)' (criteria '\(criteriaID)')"
    }
}

/// The criteria of a definition that equal one of another definition of its type, or an earlier one of its own.
package func conflicts(of definition: ResourceDefinition, with others: some Sequence<ResourceDefinition>) -> [CriteriaConflict] {
    var taken: [CriteriaKey: (definition: String, criteria: String)] = [:]
    for other in others where other.type == definition.type && other.id != definition.id {
        for criteria in other.criteria { taken[CriteriaKey(criteria)] = (other.id, criteria.id) }
    }
    var found: [CriteriaConflict] = []
    for criteria in definition.criteria {
        if let owner = taken[CriteriaKey(criteria)] {
            found.append(CriteriaConflict(criteria: criteria, definitionID: owner.definition, criteriaID: owner.criteria))
        } else {
            taken[CriteriaKey(criteria)] = (definition.id, criteria.id)
        }
    }
    return found
}

/// What makes two criteria of a type the same.
private struct CriteriaKey: Hashable {
    private let fields: [String?]

    init(_ criteria: MatchingCriteria) {
        fields = [criteria.class] + CriteriaField.allCases.map { $0.wanted(by: criteria) }
    }
}
