import AccessControl
import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// The frame of every change of roles that somebody asks for.
enum RoleChanges {
    /// One at a time in an organisation, so that two administrators who take each other's role do not both succeed. Whoever asks must hold
    /// a role there when the turn comes; and an administrator stays.
    ///
    /// An administrator is a person whom the directory has named, with the role or in a group that has it; a group counts as far as it has
    /// such members. Service users count only where there is no such person.
    ///
    /// - Throws: 409 `last_administrator`.
    static func run<Result: Sendable>(
        in org: String, by caller: Principal, _ pool: PostgresPool, _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await oneAtATime(in: org, pool) { transaction in
            try await recheck(caller, transaction)
            return try await body(transaction)
        }
    }

    /// The same without looking at who asks.
    static func oneAtATime<Result: Sendable>(
        in org: String, keepsAdministrators: Bool = true, _ pool: PostgresPool,
        _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await pool.withOrg(org) { transaction in
            try await PeopleStore.lock(org, transaction)
            let before = try await PeopleStore.administrators(transaction)
            let result = try await body(transaction)
            let after = try await PeopleStore.administrators(transaction)
            let isLast = after.people == 0 && (before.people > 0 || before.services > 0 && after.services == 0)
            if isLast, keepsAdministrators {
                throw HTTPFailure(
                    .conflict, "last_administrator",
                    "That would leave the organization without an administrator. Make somebody else administrator first.")
            }
            return result
        }
    }

    /// What was read before the turn came may have been taken in the meantime.
    private static func recheck(_ caller: Principal, _ transaction: PostgresTransaction) async throws {
        guard let subject = Subject(caller.id), let held = try await RoleStore.held(by: subject, transaction) else {
            throw gone
        }
        var now = Principal(id: caller.id, name: caller.name, orgID: caller.orgID)
        now.add(held.grants)
        guard now.orgRole != .administrator else { return }
        // The caller's token may be worth less than they hold.
        let holdsOrg = [nil, .member, now.orgRole].contains(caller.orgRole)
        let holdsApps = caller.appRoles.allSatisfy { app, role in
            now.appRoles[app].map { AppRole.strength(of: $0) >= AppRole.strength(of: role) } ?? (now.orgRole == .orgViewer)
        }
        if !holdsOrg || !holdsApps { throw gone }
    }

    private static let gone = HTTPFailure.conflict("your roles have changed at this moment; look at them, and try again")
}

extension AppRole {
    /// Roles are declared weakest first.
    fileprivate static func strength(of role: AppRole) -> Int { allCases.firstIndex(of: role) ?? -1 }
}
