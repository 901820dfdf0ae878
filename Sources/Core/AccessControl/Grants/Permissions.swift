import PlatformModel

/// What a principal may do in their organisation: object (`/orgs/acme`, `/orgs/acme/apps/shop`, `/orgs/acme/env-types/production`) -> the
/// actions, by name and sorted. `/orgs/acme/apps/*` stands for every application, where a role on the organisation gives something there.
///
/// What needs `deployer`, too, is under the application and under the environment type; it takes both.
package func permissions(of principal: Principal) -> [String: [String]] {
    guard let orgID = principal.orgID, principal.belongs(to: orgID) else { return [:] }
    let base = "/orgs/\(orgID)"
    var objects = [
        base: allowed(.organization) { decide(principal, $0, on: AccessTarget(orgID: orgID, userID: principal.id)) }
    ]
    // No id has a star: what is allowed there is allowed everywhere.
    for app in principal.appRoles.keys.sorted() + ["*"] {
        let may = allowed(.application) { decideFromPath(principal, $0, on: AccessTarget(orgID: orgID, appID: app)) }
        if !may.isEmpty { objects["\(base)/apps/\(app)"] = may }
    }
    for (type, role) in principal.envTypeRoles where role == .deployer {
        objects["\(base)/env-types/\(type)"] = Action.allCases.filter { AccessRule.rule(for: $0).needsDeployer }.map(\.rawValue)
            .sorted()
    }
    return objects
}

private func allowed(_ scope: AccessRule.Scope, _ decision: (Action) -> Decision) -> [String] {
    Action.allCases.filter { AccessRule.rule(for: $0).scope == scope && decision($0).isAllowed }.map(\.rawValue).sorted()
}
