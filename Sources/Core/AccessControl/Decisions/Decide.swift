import PlatformModel

/// The one decision function: every room asks it, with attributes read where the action happens.
///
/// Another organisation is always hidden, and so is an application that the principal cannot view.
/// An action that needs `deployer` is denied when the target does not say the environment's type.
package func decide(_ principal: Principal, _ action: Action, on target: AccessTarget) -> Decision {
    decide(principal, AccessRule.rule(for: action), on: target, envTypeIsKnown: true)
}

/// What a path alone decides: as `decide`, but the environment's type, which only the owning room knows, is left for that room to
/// judge. For the gateway, so that strangers get no further; it replaces no room's own decision.
package func decideFromPath(_ principal: Principal, _ action: Action, on target: AccessTarget) -> Decision {
    decide(principal, AccessRule.rule(for: action), on: target, envTypeIsKnown: false)
}

private func decide(
    _ principal: Principal, _ rule: AccessRule, on target: AccessTarget, envTypeIsKnown: Bool
) -> Decision {
    switch rule.scope {
    case .anyone, .signedIn: return .allow
    case .appliance:
        // To everybody else there is nothing.
        guard let held = principal.applianceRole else { return .hidden }
        guard rule.applianceRoles.contains(held) else {
            return .deny(
                reason:
                    "This is for the break-glass administrator, whom root on the host makes: martlet-admin break-glass create.")
        }
        return .allow
    case .organization, .application: break
    }
    let isSelf = rule.orSelf && target.isAbout(principal)
    guard let orgID = target.orgID else { return isSelf ? .allow : .hidden }
    guard principal.belongs(to: orgID) else { return .hidden }
    if isSelf { return .allow }
    if let held = principal.orgRole, rule.orgRoles.contains(held) { return .allow }
    guard rule.scope == .application else {
        // A role on one application makes a member, and gives what every member has.
        if rule.orgRoles.contains(.member) { return .allow }
        return .deny(reason: missing(rule.orgRoles, on: "organization '\(orgID)'", held: principal.orgRole?.rawValue))
    }
    guard let appID = target.appID else { return .hidden }
    guard let held = principal.appRoles[appID] else {
        // Org viewers see every application, so to them it is no secret that this one exists.
        guard principal.orgRole == .orgViewer else { return .hidden }
        return .deny(reason: missing(rule.appRoles, on: "application '\(appID)'", held: nil))
    }
    guard rule.appRoles.contains(held) else {
        return .deny(reason: missing(rule.appRoles, on: "application '\(appID)'", held: held.rawValue))
    }
    guard rule.needsDeployer, envTypeIsKnown else { return .allow }
    guard let envType = target.envType else {
        return .deny(reason: "This needs the role deployer on the environment's type, which is not known.")
    }
    guard principal.envTypeRoles[envType] == .deployer else {
        return .deny(reason: missing([EnvTypeRole.deployer], on: "environment type '\(envType)'", held: nil))
    }
    return .allow
}

extension Principal {
    /// Whether the roles here are of this organisation, and there is at least one.
    func belongs(to orgID: String) -> Bool {
        // Roles on the appliance are roles in no organisation.
        self.orgID == orgID && orgID != IdentifierRule.appliance && (orgRole != nil || !appRoles.isEmpty || !envTypeRoles.isEmpty)
    }
}

private func missing<Role: RawRepresentable & CaseIterable & Hashable>(
    _ roles: Set<Role>, on object: String, held: String?
) -> String where Role.RawValue == String {
    let wanted = Role.allCases.filter { roles.contains($0) }.map(\.rawValue).joined(separator: " or ")
    let have = held.map { "you hold \($0)" } ?? "you hold none there"
    return "This needs the role \(wanted) on \(object); \(have). Ask an administrator of the organization for it."
}
