import DirectoryClient
import Logging
import PlatformModel
import Postgres

/// Brings what the directory says into the organisations: who a person is there, and whether they hold a role there still.
struct DirectoryDesk: Sendable {
    let pool: PostgresPool
    let directory: Directory
    let logger: Logger
    /// How old the directory's word on a person may be.
    let checkSeconds: Int

    /// Writes the person into every organisation in which they or their groups hold a role, and out of the others.
    /// - Returns: Those organisations, sorted.
    func apply(_ person: DirectoryPerson) async throws -> [String] {
        let subject = Subject.user(person.id)
        let candidates = try await RoleStore.organizations(
            of: [subject.reference] + person.groups.map { try Subject.index(ofGroup: $0) }, pool)
        var organizations: [String] = []
        for org in candidates {
            let holdsRole = try await pool.withOrg(org) { transaction in
                let grants =
                    try await RoleStore.grants(of: subject.reference, transaction)
                    + RoleStore.grants(ofGroups: person.groups, transaction)
                guard !grants.isEmpty else {
                    try await UserStore.delete(id: person.id, transaction)
                    try await RoleStore.removeMembership(of: subject.reference, in: org, transaction)
                    return false
                }
                try await UserStore.upsert(person, in: org, transaction)
                try await RoleStore.addMembership(of: subject.reference, in: org, transaction)
                return true
            }
            if holdsRole { organizations.append(org) }
        }
        try await UserStore.markChecked(subject.reference, pool)
        return organizations
    }

    /// Asks the directory about a person again. Only its clear word changes anything: whoever is gone loses their sessions and what
    /// came from groups; a failure is unknown, and changes nothing.
    func check(_ id: String) async throws {
        let subject = Subject.user(id)
        switch await directory.lookUp(id: id) {
        case .found(let person): _ = try await apply(person)
        case .notFound:
            logger.notice(
                "a person is no longer in the directory; their sessions end", metadata: ["subject": "\(subject.reference)"])
            try await TokenStore.deleteSessions(of: subject.reference, pool)
            for org in try await RoleStore.organizations(of: [subject.reference], pool) {
                try await pool.withOrg(org) { try await UserStore.delete(id: id, $0) }
            }
            try await UserStore.markChecked(subject.reference, pool)
        case .unknown(let reason):
            logger.warning("the directory gives no clear answer; nothing is changed", metadata: ["reason": "\(reason)"])
        }
    }

    /// Asks again when the last answer is older than allowed.
    func checkWhenDue(_ id: String) async throws {
        let reference = Subject.user(id).reference
        if try await UserStore.isDue(reference, afterSeconds: checkSeconds, pool) { try await check(id) }
    }

    /// Asks about everyone with a session whose last answer is too old; a batch at a time.
    func checkAllDue() async throws {
        for reference in try await UserStore.dueForCheck(afterSeconds: checkSeconds, limit: 100, pool) {
            guard case .user(let id)? = Subject(reference) else { continue }
            try await check(id)
        }
    }
}
