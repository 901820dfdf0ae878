import AccessControl
import AuditRules
import Cryptography
import DirectoryClient
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Roles for people who have not signed in here yet. The directory says who somebody is: an invitation becomes a role of the first person
/// who signs in with its mail address or user name, and from then on belongs to their directory id.
struct InvitationDesk: Sendable {
    /// As long as the reference's.
    static let days = 7

    let pool: PostgresPool
    let logger: Logger

    /// Somebody who is known here gets the role at once.
    func invite(_ request: InvitationRequest, in org: String, by caller: Principal) async throws -> [RoleHolder] {
        let place = RolePlace.organization
        guard place.roles.contains(request.role) else { throw PeopleDesk.noSuchRole(request.role, place) }
        guard let address = Self.address(request.email) else {
            throw HTTPFailure.invalid([
                Problem(
                    code: "API-102", path: "email",
                    message: "a mail address or a user name of the directory, of printable ASCII characters without spaces")
            ])
        }
        let newID = Hexadecimal.encode(try RandomBytes.make(10))
        let holder = try await RoleChanges.run(in: org, by: caller, pool) { transaction in
            let known = try await PeopleStore.subjects(named: address, transaction).filter(\.isPerson)
            guard known.isEmpty else { return try await give(request.role, to: known, in: org, by: caller, transaction) }
            guard try await InvitationStore.makeRoom(in: org, transaction) else {
                throw HTTPFailure.conflict("too many invitations wait for somebody to sign in; take back those that nobody needs")
            }
            let held = try await PeopleStore.holders(on: place, transaction).first { $0.invite != nil && $0.email == address }
            let subject = RoleSubject.invitation(newID)
            try PeopleDesk.check(request.role, for: subject, place)
            try PeopleDesk.allow(caller, place, subject, from: held?.role, to: request.role)
            try await InvitationStore.upsert(
                id: newID, address: address, role: request.role, days: Self.days, by: caller.id, in: org, transaction)
            let id = try subject.publicID()
            return try await PeopleStore.holders(on: place, transaction).first { $0.id == id }
        }
        guard let holder else { throw PostgresError(.decoding, "the new invitation is not there") }
        logger.notice(
            "somebody was invited",
            metadata: ["org": "\(org)", "by": "\(caller.id)", "subject": "\(holder.id)", "role": "\(request.role)"])
        return [holder]
    }

    func list(in org: String) async throws -> [Invitation] { try await pool.withOrg(org) { try await InvitationStore.list($0) } }

    private func give(
        _ role: String, to known: [Subject], in org: String, by caller: Principal, _ transaction: PostgresTransaction
    ) async throws -> RoleHolder? {
        guard known.count == 1, let one = known.first else {
            throw HTTPFailure.conflict(
                "several people here have this address: \(known.map(\.reference).joined(separator: ", ")). Give the role to one of these ids."
            )
        }
        let subject = RoleSubject.one(one), place = RolePlace.organization
        let held = try await PeopleStore.holders(on: place, transaction).first { $0.id == one.reference }
        // Those who hold something on an application only are listed as members.
        let own = try await RoleStore.grants(of: one.reference, transaction).first { $0.level == .organization }
        if let own {
            throw HTTPFailure.conflict(
                "\(held?.name ?? one.reference) is \(own.role) of the organization already; change the role instead")
        }
        try PeopleDesk.check(role, for: subject, place)
        try PeopleDesk.allow(caller, place, subject, from: held?.role, to: role)
        let grant = RoleStore.Grant(level: .organization, object: "", role: role)
        try await RoleStore.assign(grant, to: one.reference, in: org, transaction)
        return try await PeopleStore.holders(on: place, transaction).first { $0.id == one.reference }
    }

    /// The invitations to this person become roles of their id, as far as whoever made them may still give these: what somebody promised
    /// before they lost the right is worth nothing.
    /// - Returns: Whether there is a new role.
    static func accept(
        for person: DirectoryPerson, in org: String, _ transaction: PostgresTransaction, _ logger: Logger
    ) async throws -> Bool {
        let subject = Subject.user(person.id)
        var isTaken = false
        for invitation in try await InvitationStore.take(InvitationStore.addresses(of: person), in: org, transaction) {
            var inviter = Principal(id: invitation.createdBy, name: invitation.createdBy, orgID: org)
            if let maker = Subject(invitation.createdBy) {
                inviter.add(try await RoleStore.held(by: maker, transaction)?.grants ?? [])
            }
            let change = RoleChange(place: .organization, holder: .person, from: nil, to: invitation.role)
            let metadata: Logger.Metadata = [
                "org": "\(org)", "by": "\(invitation.createdBy)", "subject": "\(subject.reference)", "role": "\(invitation.role)",
            ]
            guard decideGrant(inviter, change).isAllowed else {
                logger.notice("an invitation is void: who made it may not give the role any more", metadata: metadata)
                continue
            }
            let own = try await RoleStore.grants(of: subject.reference, transaction).first { $0.level == .organization }
            guard
                RoleLevel.organization.strength(of: invitation.role) > own.map({ RoleLevel.organization.strength(of: $0.role) })
                    ?? -1
            else { continue }
            let grant = RoleStore.Grant(level: .organization, object: "", role: invitation.role)
            try await RoleStore.assign(grant, to: subject.reference, in: org, transaction)
            try await RoleStore.addMembership(of: subject.reference, in: org, transaction)
            isTaken = true
            try await transaction.audit(
                AuditEntry(
                    orgID: org, actor: subject.reference, action: "acceptInvitation", requestID: RequestTrace.id,
                    object: invitation.createdBy, details: ["role": .string(invitation.role)]))
            logger.notice("an invitation was taken up", metadata: metadata)
        }
        return isTaken
    }

    /// In lower case; nil for what no address is. Letters that only look like others are refused, rather than one taken for the other.
    private static func address(_ text: String) -> String? {
        guard (1...254).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            text.filter({ $0 == "@" }).count <= 1, !text.hasPrefix("@"), !text.hasSuffix("@"), !text.hasSuffix(".")
        else { return nil }
        return text.lowercased()
    }
}
