import AccessControl
import AuditRules
import Cryptography
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Who holds which role on what, for people: looked at, given and taken.
struct PeopleDesk: Sendable {
    let pool: PostgresPool
    let objects: ObjectLookup
    let logger: Logger

    // MARK: Looking

    /// - Parameter type: `user` (people and service users) or `group`; nil for both.
    func list(on place: RolePlace, type: String?, in org: String, by caller: Principal) async throws -> [RoleHolder] {
        if let type, !["user", "group"].contains(type) {
            throw HTTPFailure.badRequest("type is 'user' or 'group', and not '\(type)'")
        }
        try await objects.mustExist(place, in: org, for: caller)
        let all = try await pool.withOrg(org) { try await PeopleStore.holders(on: place, $0) }
        guard let type else { return all }
        return all.filter { ($0.type == "group") == (type == "group") }
    }

    func get(_ name: String, on place: RolePlace, in org: String, by caller: Principal) async throws -> RoleHolder {
        try await objects.mustExist(place, in: org, for: caller)
        return try await pool.withOrg(org) { transaction in
            let subject = try await RoleFinder.find(name, transaction)
            return try await holder(subject, on: place, transaction)
        }
    }

    // MARK: Changing

    /// - Parameter mustHold: Only who holds a role there already; 404 for others.
    func give(
        _ role: String, to name: String, on place: RolePlace, mustHold: Bool, in org: String, by caller: Principal
    ) async throws -> RoleHolder {
        guard place.roles.contains(role) else { throw Self.noSuchRole(role, place) }
        try await objects.mustExist(place, in: org, for: caller)
        let holder = try await change(in: org, by: caller) { transaction in
            let subject = try await RoleFinder.find(name, transaction)
            let before = try await PeopleStore.holders(on: place, transaction)
            let id = try subject.publicID()
            let held = before.first { $0.id == id }
            if mustHold, held == nil { throw RoleFinder.notFound(name) }
            try Self.check(role, for: subject, place)
            try Self.allow(caller, place, subject, from: held?.role, to: role)
            try await assign(role, to: subject, on: place, in: org, transaction)
            return try await self.holder(subject, on: place, transaction)
        }
        // What was deleted in the meantime leaves no role behind, which a later one of the same name would inherit.
        do { try await objects.mustExist(place, in: org, for: caller) } catch let failure as HTTPFailure
            where [.notFound, .conflict].contains(failure.status)
        {
            try await pool.withOrg(org) { transaction in
                try await RoleStore.remove(from: holder.id, on: place, transaction)
                if let group = holder.groupID { try await RoleStore.remove(fromGroup: group, on: place, transaction) }
            }
            throw failure
        }
        note("a role was given", caller, holder.id, place, role, in: org)
        return holder
    }

    /// On the organisation all own roles in it are taken: the person leaves. What a group gives stays, and so does a person with such a role.
    func take(from name: String, on place: RolePlace, in org: String, by caller: Principal) async throws {
        try await objects.mustExist(place, in: org, for: caller)
        let taken = try await change(in: org, by: caller) { transaction in
            let subject = try await RoleFinder.find(name, transaction)
            let held = try await holder(subject, on: place, transaction)
            try Self.allow(caller, place, subject, from: held.role, to: nil)
            if let groups = held.via, case .one(let one) = subject,
                try await RoleStore.grants(of: one.reference, transaction).allSatisfy({ !place.includes($0) })
            {
                throw Self.heldByGroup(held, groups, place)
            }
            try await remove(subject, on: place, in: org, transaction)
            return held
        }
        note("a role was taken", caller, taken.id, place, taken.role, in: org)
    }

    /// Makes a service user. It has no token yet.
    func createServiceUser(_ request: ServiceUserRequest, in org: String, by caller: Principal) async throws -> PersonInfo {
        var problems: [Problem] = []
        if !ServiceUserName.accepts(request.name) {
            problems.append(Problem(code: "API-102", path: "name", message: ServiceUserName.refusal(of: request.name)))
        }
        if let email = request.email, email.utf8.count > 254 || email.contains("\0") {
            problems.append(Problem(code: "API-102", path: "email", message: "at most 254 bytes, without NUL"))
        }
        if !OrgRole.allCases.map(\.rawValue).contains(request.role) {
            problems.append(Self.problem(request.role, .organization))
        }
        if !problems.isEmpty { throw HTTPFailure.invalid(problems) }
        let id = Hexadecimal.encode(try RandomBytes.make(10)), subject = Subject.service(id)
        let made = try await change(in: org, by: caller) { transaction in
            try Self.allow(caller, .organization, .one(subject), from: nil, to: request.role)
            guard try await PeopleStore.countServiceUsers(transaction) < PeopleStore.mostServiceUsers else {
                throw HTTPFailure.conflict(
                    "the organization has \(PeopleStore.mostServiceUsers) service users, which is the most there can be")
            }
            guard try await PeopleStore.insertServiceUser(id: id, request, in: org, by: caller.id, transaction) else {
                throw HTTPFailure.conflict("there is a service user '\(request.name)' already")
            }
            try await assign(request.role, to: .one(subject), on: .organization, in: org, transaction)
            return try await RoleStore.held(by: subject, transaction)
        }
        guard let made else { throw PostgresError(.decoding, "the new service user is not there") }
        note("a service user was made", caller, subject.reference, .organization, request.role, in: org)
        return PersonInfo(
            id: subject.reference, name: made.name, email: request.email, type: "service", createdAt: made.createdAt)
    }

    // MARK: Inside the transaction

    /// One change of an organisation's roles at a time, by somebody who may change roles still, and after which an administrator is left.
    private func change<Result: Sendable>(
        in org: String, by caller: Principal, _ body: (PostgresTransaction) async throws -> Result
    ) async throws -> Result {
        try await RoleChanges.run(in: org, by: caller, pool) { try await body($0) }
    }

    private func holder(
        _ subject: RoleSubject, on place: RolePlace, _ transaction: PostgresTransaction
    ) async throws -> RoleHolder {
        let id = try subject.publicID()
        guard let holder = try await PeopleStore.holders(on: place, transaction).first(where: { $0.id == id }) else {
            throw HTTPFailure.notFound("'\(id)' holds no role on \(place.words).")
        }
        return holder
    }

    private func assign(
        _ role: String, to subject: RoleSubject, on place: RolePlace, in org: String, _ transaction: PostgresTransaction
    ) async throws {
        let grant = RoleStore.Grant(level: place.level, object: place.object, role: role)
        switch subject {
        case .one(let one):
            try await RoleStore.assign(grant, to: one.reference, in: org, transaction)
            try await RoleStore.addMembership(of: one.reference, in: org, transaction)
        case .group(let name):
            try await RoleStore.assign(grant, toGroup: name, in: org, transaction)
            try await RoleStore.addMembership(of: try Subject.index(ofGroup: name), in: org, transaction)
        case .invitation(let id):
            guard place == .organization else {
                throw HTTPFailure.conflict("an invitation is to the organization; give other roles when the person has signed in")
            }
            try await InvitationStore.setRole(role, id: id, transaction)
        }
    }

    private func remove(
        _ subject: RoleSubject, on place: RolePlace, in org: String, _ transaction: PostgresTransaction
    ) async throws {
        switch subject {
        case .one(.service(let id)) where place == .organization:
            try await RoleStore.removeAssignments(of: Subject.service(id).reference, transaction)
            try await RoleStore.removeMembership(of: Subject.service(id).reference, in: org, transaction)
            try await PeopleStore.deleteServiceUser(id: id, transaction)
        case .one(let one):
            if place == .organization {
                try await RoleStore.removeAssignments(of: one.reference, transaction)
            } else {
                try await RoleStore.remove(from: one.reference, on: place, transaction)
            }
            try await settle(one, in: org, transaction)
        case .group(let name):
            try await PeopleStore.forgetChecks(ofGroup: name, transaction)
            if place == .organization {
                try await PeopleStore.removeGroup(name, transaction)
            } else {
                try await RoleStore.remove(fromGroup: name, on: place, transaction)
            }
            let left = try await RoleStore.grants(ofGroups: [name], transaction)
            try await RoleStore.setMembership(of: try Subject.index(ofGroup: name), in: org, to: !left.isEmpty, transaction)
        case .invitation(let id):
            guard let invitation = try await InvitationStore.find(id: id, transaction) else {
                throw RoleFinder.notFound("i-" + id)
            }
            try await InvitationStore.delete(invitation, in: org, transaction)
        }
    }

    /// Who holds nothing any more is not of the organisation. A service user stays, to be given something else.
    private func settle(_ subject: Subject, in org: String, _ transaction: PostgresTransaction) async throws {
        guard case .user(let id) = subject else { return }
        let groups = try await PeopleStore.groups(ofUser: id, transaction)
        let left =
            try await RoleStore.grants(of: subject.reference, transaction)
            + RoleStore.grants(ofGroups: groups, transaction)
        guard left.isEmpty else { return }
        try await UserStore.delete(id: id, transaction)
        try await RoleStore.removeMembership(of: subject.reference, in: org, transaction)
    }

    private func note(
        _ what: Logger.Message, _ caller: Principal, _ subject: String, _ place: RolePlace, _ role: String, in org: String
    ) {
        logger.notice(
            what,
            metadata: [
                "org": "\(org)", "by": "\(caller.id)", "subject": "\(subject)", "level": "\(place.level.rawValue)",
                "object": "\(place.object)", "role": "\(role)",
            ])
    }
}

// MARK: Refusals

extension PeopleDesk {
    static func allow(
        _ caller: Principal, _ place: RolePlace, _ subject: RoleSubject, from: String?, to: String?
    ) throws(HTTPFailure) {
        let holder = try? subject.publicID()
        AuditTrail.note { entry in
            entry.object = holder ?? entry.object
            entry.details["level"] = .string(place.level.rawValue)
            entry.details["role_before"] = from.map { .string($0) }
            entry.details["role"] = to.map { .string($0) }
        }
        let change = RoleChange(place: place.place, holder: subject.holder, from: from, to: to)
        if let refusal = decideGrant(caller, change).refusal { throw HTTPFailure(.init(code: refusal.status), refusal.body) }
    }

    static func check(_ role: String, for subject: RoleSubject, _ place: RolePlace) throws(HTTPFailure) {
        guard role == OrgRole.artefactContributor.rawValue, subject.holder != .serviceUser else { return }
        throw HTTPFailure.invalid([
            Problem(code: "API-102", path: "role", message: "artefactContributor is for service users only")
        ])
    }

    static func noSuchRole(_ role: String, _ place: RolePlace) -> HTTPFailure { .invalid([problem(role, place)]) }

    private static func problem(_ role: String, _ place: RolePlace) -> Problem {
        Problem(
            code: "API-102", path: "role",
            message: "'\(role)' is no role on \(place.words); there are \(place.roles.joined(separator: ", "))",
            suggestion: nearestName(to: role, among: place.roles))
    }

    private static func heldByGroup(_ held: RoleHolder, _ groups: [String], _ place: RolePlace) -> HTTPFailure {
        HTTPFailure(
            .conflict, "held_by_group",
            "\(held.name) holds \(held.role) on \(place.words) by a group of the directory. Take the person out of the group there, or the "
                + "role from the group.", details: ["groups": .array(groups.map { .string($0) })])
    }
}
