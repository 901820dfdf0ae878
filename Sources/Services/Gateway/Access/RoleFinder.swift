import DirectoryRules
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Finds whoever a path or a body names, in one organisation and nowhere else.
enum RoleFinder {
    /// - Parameter name: `user:<id>`, `service:<id>`, `g-<hash>`, `group:<DN>`, `i-<id>`, an id, a user name, a mail address or a service user's
    ///   name.
    /// - Throws: 404; 409 where the name means several.
    static func find(_ name: String, _ transaction: PostgresTransaction) async throws -> RoleSubject {
        guard !name.isEmpty, name.utf8.count <= 1024, !name.utf8.contains(0) else { throw notFound(name) }
        if name.hasPrefix("group:") {
            guard let dn = DistinguishedName(String(name.dropFirst(6))), !dn.isEmpty,
                try await PeopleStore.groups(transaction).contains(where: { $0.groupID == dn.description })
            else { throw notFound(name) }
            return .group(dn.description)
        }
        if name.hasPrefix(RoleSubject.groupPrefix),
            let group = try await PeopleStore.groups(transaction).first(where: { $0.id == name })
        {
            return .group(group.groupID)
        }
        if name.hasPrefix(RoleSubject.invitationPrefix),
            let invitation = try await InvitationStore.find(id: String(name.dropFirst(2)), transaction)
        {
            return .invitation(invitation.id)
        }
        if name.hasPrefix("user:") || name.hasPrefix("service:") {
            guard let subject = Subject(name), try await PeopleStore.knows(subject, transaction) else { throw notFound(name) }
            return .one(subject)
        }
        let found = try await PeopleStore.subjects(named: name, transaction)
        guard let first = found.first else { throw notFound(name) }
        guard found.count == 1 else {
            throw HTTPFailure.conflict(
                "'\(name)' means several here: \(found.map(\.reference).sorted().joined(separator: ", ")). Give one of these ids."
            )
        }
        return .one(first)
    }

    static func notFound(_ name: String) -> HTTPFailure {
        .notFound(
            "Nobody here is called '\(name.withoutControls.prefix(200))'. People are known by id, user name or mail address once they "
                + "have signed in; invite who has not.")
    }
}
