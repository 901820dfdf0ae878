import PlatformModel

/// The fields of a criterion, most specific first (humanitec.md 2.1); class is not ranked, it must be equal.
enum CriteriaField: String, CaseIterable, Sendable {
    case resID = "res_id"
    case envID = "env_id"
    case appID = "app_id"
    case envType = "env_type"

    var weight: Int {
        switch self {
        case .resID: 8
        case .envID: 4
        case .appID: 2
        case .envType: 1
        }
    }

    /// What a criterion demands of this field; nil is "any".
    func wanted(by criteria: MatchingCriteria) -> String? {
        switch self {
        case .resID: criteria.resID
        case .envID: criteria.envID
        case .appID: criteria.appID
        case .envType: criteria.envType
        }
    }

    /// What a resource in its environment has.
    func actual(_ identity: ResourceIdentity, _ context: EnvironmentContext) -> String {
        switch self {
        case .resID: identity.id
        case .envID: context.envID
        case .appID: context.appID
        case .envType: context.envType
        }
    }

    /// Whose it is, for a sentence.
    var owner: String {
        switch self {
        case .resID: "this resource's"
        case .envID, .envType: "this environment's"
        case .appID: "this application's"
        }
    }
}

extension MatchingCriteria {
    /// How specific: the most specific field weighs more than all below it together, so the sum orders as the fields do one by one.
    package var rank: Int { CriteriaField.allCases.reduce(0) { $0 + ($1.wanted(by: self) == nil ? 0 : $1.weight) } }

    /// The first field that does not fit, most specific first; nil when all do. Class is the caller's.
    func firstMismatch(_ identity: ResourceIdentity, _ context: EnvironmentContext) -> CriteriaField? {
        CriteriaField.allCases.first { field in
            guard let wanted = field.wanted(by: self) else { return false }
            return wanted != field.actual(identity, context)
        }
    }

    /// `app_id 'shop' and env_type 'production'`, or `every resource of class 'default'`.
    var words: String {
        let fields = CriteriaField.allCases.compactMap { field in field.wanted(by: self).map { "\(field.rawValue) '\($0)'" } }
        return fields.isEmpty ? "every resource of class '\(`class`)'" : fields.joined(separator: " and ")
    }

    /// Whether two criteria apply to exactly the same resources.
    package func isSame(as other: MatchingCriteria) -> Bool {
        `class` == other.class && CriteriaField.allCases.allSatisfy { $0.wanted(by: self) == $0.wanted(by: other) }
    }
}
