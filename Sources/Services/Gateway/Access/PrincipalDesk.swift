import AccessControl
import PlatformModel
import Postgres
import ServiceAPI

/// Makes principals: who somebody is, and the roles that they hold now.
struct PrincipalDesk: Sendable {
    let pool: PostgresPool
    let recent: RecentPrincipals

    /// As it is now, or was a few seconds ago at the most.
    /// - Parameter org: The organisation that the request is about. Without one, or where no role is held, the principal has no roles.
    func principal(of presented: TokenStore.Presented, in org: String?) async throws -> Principal {
        try await recent.principal(of: presented.id, in: org) { try await lookUp(presented, in: org) }
    }

    /// Whoever it is on the appliance itself, and nothing of what they are in organisations.
    func appliancePrincipal(of presented: TokenStore.Presented) async throws -> Principal {
        let found = try await principal(of: presented, in: IdentifierRule.appliance)
        var principal = Principal(id: found.id, name: found.name)
        guard found.orgID == IdentifierRule.appliance, found.orgRole == .administrator else { return principal }
        // Machines hold no role there: what is no person is the break-glass administrator.
        principal.applianceRole = Subject(found.id)?.isPerson == true ? .administrator : .breakGlass
        return principal
    }

    private func lookUp(_ presented: TokenStore.Presented, in org: String?) async throws -> Principal {
        guard let subject = Subject(presented.subject) else {
            throw PostgresError(.decoding, "a token of no known kind of subject")
        }
        guard let home = presented.orgID else {
            return try await principal(of: subject, since: presented.createdAt, in: org)
        }
        return try await principal(of: subject, presenting: presented.id, at: home, in: org)
    }

    /// A service user by its token. That is good in one organisation, and worth at most what the person holds who answers for it.
    private func principal(
        of subject: Subject, presenting token: String, at home: String, in org: String?
    ) async throws -> Principal {
        var principal = Principal(id: subject.reference, name: subject.reference, memberOf: Self.organizations([home]))
        guard let found = try await RoleStore.held(by: subject, presenting: token, in: home, pool) else { return principal }
        principal.name = found.held.name
        if let bound = found.bound, !bound.isKnown || bound.grants.isEmpty {
            // Whoever answers for it is of this organisation no more, and so it is of none.
            principal.memberOf = []
            return principal
        }
        guard org == home else { return principal }
        principal.orgID = home
        principal.add(found.held.grants)
        if let scopes = found.scopes {
            principal = principal.limited(to: try TokenScopes(scopes, in: home).holder(in: home))
        }
        guard let bound = found.bound else { return principal }
        var answerable = Principal(id: bound.answerable, name: bound.answerable, orgID: home)
        answerable.add(bound.grants)
        return principal.limited(to: answerable)
    }

    /// Whoever it is, by no token: a person, or a service user whose work goes on.
    /// - Parameter began: The session's begin; one from before an administrator ended those in the organisation is worth nothing there.
    func principal(of subject: Subject, since began: Timestamp? = nil, in org: String?) async throws -> Principal {
        let memberOf = try await RoleStore.organizations(of: [subject.reference], pool)
        var principal = Self.member(subject, of: memberOf)
        guard let org, memberOf.contains(org) else {
            // Somebody's own organisations tell their name.
            if org == nil, let first = memberOf.first {
                principal.name = try await RoleStore.held(by: subject, in: first, pool)?.name ?? principal.name
            }
            return principal
        }
        guard let held = try await RoleStore.held(by: subject, in: org, pool) else { return principal }
        if let began, let since = held.sessionsSince, began < since { return principal }
        principal.name = held.name
        principal.orgID = org
        principal.add(held.grants)
        return principal
    }

    /// Somebody who belongs to these organisations, without any role.
    static func member(_ subject: Subject, of organizations: [String]) -> Principal {
        Principal(id: subject.reference, name: subject.reference, memberOf: Self.organizations(organizations))
    }

    /// Without the one under which roles on the appliance are kept.
    private static func organizations(_ ids: [String]) -> [String] { ids.filter { $0 != IdentifierRule.appliance } }

    /// - Parameter id: `service:<id>`, or the id alone. nil for people, who may be in several.
    func organization(ofServiceUser id: String) async throws -> String? {
        guard !id.hasPrefix("user:"), !id.utf8.contains(0), id.utf8.count <= 256 else { return nil }
        let reference = id.hasPrefix("service:") ? id : "service:" + id
        return try await RoleStore.organizations(of: [reference], pool).first
    }

    /// The profile of whoever asks, with every role in every organisation.
    /// - Parameters:
    ///   - presented: The token that they ask with, which may be worth less than they hold.
    ///   - known: What was read of them a moment ago, by organisation.
    func profile(
        of principal: Principal, presenting presented: TokenStore.Presented? = nil, known: [String: RoleStore.Held] = [:]
    ) async throws -> UserProfile {
        guard let subject = Subject(principal.id) else { throw PostgresError(.decoding, "a principal of no known kind") }
        var profile = UserProfile(
            id: principal.id, name: principal.name, email: nil, type: subject.isPerson ? "user" : "service",
            createdAt: Timestamp(milliseconds: 0), roles: [:], organizations: principal.memberOf.sorted())
        // Who signs in is mostly somebody's, and nothing of the appliance's.
        let isOfAppliance = presented != nil || profile.organizations.isEmpty
        for org in profile.organizations + (isOfAppliance ? [IdentifierRule.appliance] : []) {
            var held = known[org]
            if held == nil { held = try await RoleStore.held(by: subject, in: org, pool) }
            guard let held else { continue }
            profile.name = held.name
            profile.email = profile.email ?? held.email
            if profile.createdAt.milliseconds == 0 || held.createdAt < profile.createdAt { profile.createdAt = held.createdAt }
            profile.properties.merge(held.properties) { first, _ in first }
            guard org != IdentifierRule.appliance else {
                if held.grants.contains(where: { $0.role == OrgRole.administrator.rawValue }) {
                    profile.roles["/appliance"] = OrgRole.administrator.rawValue
                }
                continue
            }
            var inOrg = Principal(id: principal.id, name: held.name, orgID: org)
            inOrg.add(held.grants)
            if let presented { inOrg = try await self.principal(of: presented, in: org) }
            for (path, role) in inOrg.rolesByPath { profile.roles[path] = role }
        }
        return profile
    }
}

extension Subject {
    var isPerson: Bool { if case .user = self { true } else { false } }
}

extension Principal {
    /// Adds roles; of several on one object the strongest stays. A role that this version does not know gives nothing.
    mutating func add(_ grants: [RoleStore.Grant]) {
        for grant in grants {
            switch grant.level {
            case .organization: orgRole = Self.stronger(orgRole, OrgRole(rawValue: grant.role))
            case .application: appRoles[grant.object] = Self.stronger(appRoles[grant.object], AppRole(rawValue: grant.role))
            case .environmentType: envTypeRoles[grant.object] = EnvTypeRole(rawValue: grant.role) ?? envTypeRoles[grant.object]
            }
        }
    }

    /// `/orgs/acme/apps/shop` -> `developer`.
    var rolesByPath: [String: String] {
        guard let orgID else { return [:] }
        var roles: [String: String] = [:]
        roles["/orgs/\(orgID)"] = orgRole?.rawValue
        for (app, role) in appRoles { roles["/orgs/\(orgID)/apps/\(app)"] = role.rawValue }
        for (type, role) in envTypeRoles { roles["/orgs/\(orgID)/env-types/\(type)"] = role.rawValue }
        return roles
    }

    /// Roles are declared weakest first.
    private static func stronger<Role: CaseIterable & Equatable>(_ left: Role?, _ right: Role?) -> Role? {
        guard let left, let right else { return left ?? right }
        let all = Array(Role.allCases)
        return (all.firstIndex(of: left) ?? 0) >= (all.firstIndex(of: right) ?? 0) ? left : right
    }
}
