import PlatformModel

/// One change of who holds what: a role given, taken, or put in the place of another.
package struct RoleChange: Sendable, Hashable {
    /// What the role is held on.
    package enum Place: Sendable, Hashable {
        case organization
        case application(String)
        case environmentType(String)
    }

    package enum Holder: Sendable, Hashable {
        case person, serviceUser, group
    }

    package var place: Place
    package var holder: Holder
    /// What is held there before; nil for nothing.
    package var from: String?
    /// What is held there after; nil for nothing.
    package var to: String?

    package init(place: Place, holder: Holder, from: String?, to: String?) {
        self.place = place
        self.holder = holder
        self.from = from
        self.to = to
    }
}

/// Whether a principal that may change who holds roles there may make just this change: nobody gives what they do not hold, and a
/// manager takes nothing from an administrator (humanitec.md 5.1: "invite/remove users (not admins)").
///
/// A manager holds `member` and `manager`, and so gives these two. Groups and service users are an administrator's: the one gives to
/// people whom nobody named, the other outlives whoever made it.
package func decideGrant(_ principal: Principal, _ change: RoleChange) -> Decision {
    if principal.orgRole == .administrator { return .allow }
    switch change.place {
    case .environmentType:
        return refusal("Roles on environment types are given and taken by administrators of the organization.")
    case .application(let id):
        guard principal.appRoles[id] == .owner else {
            return refusal("Roles on application '\(id)' are given and taken by its owners and by administrators.")
        }
        return .allow
    case .organization:
        guard principal.orgRole == .manager else {
            return refusal("Roles on the organization are given and taken by managers and administrators.")
        }
        guard change.holder == .person else {
            return refusal("Roles of groups and service users are given and taken by administrators of the organization.")
        }
        guard change.from != OrgRole.administrator.rawValue else {
            return refusal("A manager takes nothing from an administrator; ask an administrator of the organization.")
        }
        guard let to = change.to else { return .allow }
        guard [OrgRole.member.rawValue, OrgRole.manager.rawValue].contains(to) else {
            return refusal("A manager gives member and manager, and not '\(to)', which a manager does not hold.")
        }
        return .allow
    }
}

private func refusal(_ reason: String) -> Decision { .deny(reason: reason) }
