import PlatformModel

/// What a token is good for at most, whatever its service user holds: roles by object, as `current-user` shows them
/// (`/orgs/acme/apps/shop` -> `developer`).
package struct TokenScopes: Sendable, Hashable {
    /// Of one token.
    package static let most = 100

    package private(set) var orgRole: OrgRole?
    package private(set) var appRoles: [String: AppRole] = [:]
    package private(set) var envTypeRoles: [String: EnvTypeRole] = [:]

    /// - Throws: Everything that is wrong with them, at `scopes`.
    package init(_ roles: [String: String], in orgID: String) throws(TokenScopeProblems) {
        var problems: [Problem] = []
        if roles.isEmpty || roles.count > Self.most {
            problems.append(
                Problem(
                    code: "API-102", path: "scopes",
                    message: "1 to \(Self.most) objects, or none of it for all that the user holds"))
        }
        let base = "/orgs/\(orgID)"
        for (path, role) in roles.sorted(by: { $0.key < $1.key }).prefix(Self.most) {
            let place = "scopes.\(path.prefix(120))"
            if path == base {
                orgRole = Self.role(role, place, &problems)
            } else if let app = Self.id(path, after: base + "/apps/") {
                appRoles[app] = Self.role(role, place, &problems)
            } else if let type = Self.id(path, after: base + "/env-types/") {
                envTypeRoles[type] = Self.role(role, place, &problems)
            } else {
                problems.append(
                    Problem(
                        code: "API-102", path: place,
                        message: "is no object of this organisation: \(base), \(base)/apps/ID or \(base)/env-types/ID"))
            }
        }
        guard problems.isEmpty else { throw TokenScopeProblems(problems: problems) }
    }

    /// Somebody who holds just that.
    package func holder(in orgID: String) -> Principal {
        Principal(
            id: "scopes", name: "scopes", orgID: orgID, memberOf: [orgID], orgRole: orgRole, appRoles: appRoles,
            envTypeRoles: envTypeRoles)
    }

    private static func id(_ path: String, after prefix: String) -> String? {
        guard path.hasPrefix(prefix) else { return nil }
        let id = String(path.dropFirst(prefix.count))
        return IdentifierRule.application.accepts(id) ? id : nil
    }

    private static func role<Role: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ place: String, _ problems: inout [Problem]
    ) -> Role? {
        if let role = Role(rawValue: text) { return role }
        let known = Role.allCases.map(\.rawValue)
        problems.append(
            Problem(
                code: "API-102", path: place, message: "'\(text.prefix(80))' is none of \(known.joined(separator: ", "))",
                suggestion: nearestName(to: text, among: known)))
        return nil
    }
}

/// What is wrong with the scopes of a token.
package struct TokenScopeProblems: Error, Sendable {
    package var problems: [Problem]
}
