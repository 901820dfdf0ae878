import AccessControl
import PlatformModel
import ServiceAPI

/// What a role is held on, in one organisation.
struct RolePlace: Sendable, Hashable {
    var level: RoleLevel
    /// Empty on the organisation itself.
    var object: String

    static let organization = RolePlace(level: .organization, object: "")

    /// The roles there are, weakest first.
    var roles: [String] { level.roles }

    /// For a refusal: `organization`, `application 'shop'`.
    var words: String {
        switch level {
        case .organization: "the organization"
        case .application: "application '\(object)'"
        case .environmentType: "environment type '\(object)'"
        }
    }

    /// Whether a role goes with leaving this place: on the organisation every one does.
    func includes(_ grant: RoleStore.Grant) -> Bool {
        level == .organization || grant.level == level && grant.object == object
    }

    var place: RoleChange.Place {
        switch level {
        case .organization: .organization
        case .application: .application(object)
        case .environmentType: .environmentType(object)
        }
    }
}

extension RoleLevel {
    /// The roles there are, weakest first.
    var roles: [String] {
        switch self {
        case .organization: OrgRole.allCases.map(\.rawValue)
        case .application: AppRole.allCases.map(\.rawValue)
        case .environmentType: EnvTypeRole.allCases.map(\.rawValue)
        }
    }

    /// One that this version does not know is weaker than all others.
    func strength(of role: String) -> Int { roles.firstIndex(of: role) ?? -1 }
}
