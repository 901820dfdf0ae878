import AccessControl
import DirectoryRules
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The directory's groups, as far as an organisation gives them roles.
struct GroupDesk: Sendable {
    let pool: PostgresPool
    let logger: Logger

    func create(_ request: GroupRequest, in org: String, by caller: Principal) async throws -> GroupInfo {
        let place = RolePlace.organization
        guard request.idpID == GroupInfo.directory else {
            throw HTTPFailure.invalid([
                Problem(
                    code: "API-102", path: "idp_id", message: "there is one directory here, called '\(GroupInfo.directory)'",
                    suggestion: GroupInfo.directory)
            ])
        }
        guard place.roles.contains(request.role) else { throw PeopleDesk.noSuchRole(request.role, place) }
        guard request.groupID.utf8.count <= 1024, let name = DistinguishedName(request.groupID), !name.isEmpty else {
            throw HTTPFailure.invalid([
                Problem(
                    code: "API-102", path: "group_id",
                    message: "no name of a group in the directory: cn=engineers,ou=groups,dc=example,dc=org is of the right form")
            ])
        }
        let subject = RoleSubject.group(name.description)
        try PeopleDesk.check(request.role, for: subject, place)
        let made = try await RoleChanges.run(in: org, by: caller, pool) { transaction in
            try PeopleDesk.allow(caller, place, subject, from: nil, to: request.role)
            guard try await !PeopleStore.groups(transaction).contains(where: { $0.groupID == name.description }) else {
                throw HTTPFailure.conflict("the group \(name.description) holds roles here already; change its role instead")
            }
            let grant = RoleStore.Grant(level: .organization, object: "", role: request.role)
            try await RoleStore.assign(grant, toGroup: name.description, in: org, transaction)
            try await RoleStore.addMembership(of: try Subject.index(ofGroup: name.description), in: org, transaction)
            return try await PeopleStore.groups(transaction).first { $0.groupID == name.description }
        }
        guard var made else { throw PostgresError(.decoding, "the new group is not there") }
        made.role = request.role
        logger.notice(
            "a group got a role",
            metadata: ["org": "\(org)", "by": "\(caller.id)", "subject": "\(made.id)", "role": "\(request.role)"])
        return made
    }

    func members(ofGroup name: String, in org: String) async throws -> [PersonInfo] {
        try await pool.withOrg(org) { transaction in
            guard case .group(let group) = try await RoleFinder.find(name, transaction) else { throw RoleFinder.notFound(name) }
            return try await PeopleStore.members(ofGroup: group, transaction)
        }
    }

    /// The groups with roles here that somebody is in; service users are in none.
    func groups(of name: String, in org: String) async throws -> [GroupInfo] {
        try await pool.withOrg(org) { transaction in
            guard case .one(let subject) = try await RoleFinder.find(name, transaction) else { throw RoleFinder.notFound(name) }
            guard case .user(let id) = subject else { return [] }
            let mine = Set(try await PeopleStore.groups(ofUser: id, transaction))
            return try await PeopleStore.groups(transaction).filter { mine.contains($0.groupID) }
        }
    }

    func permissions(of name: String, in org: String) async throws -> SubjectPermissions {
        try await pool.withOrg(org) { transaction in
            var principal = Principal(id: "", name: "", orgID: org)
            switch try await RoleFinder.find(name, transaction) {
            case .one(let subject):
                principal.id = subject.reference
                principal.add(try await RoleStore.held(by: subject, transaction)?.grants ?? [])
            case .group(let group): principal.add(try await RoleStore.grants(ofGroups: [group], transaction))
            // Worth nothing before it is taken up.
            case .invitation: break
            }
            return SubjectPermissions(objects: AccessControl.permissions(of: principal).mapValues { .init(permissions: $0) })
        }
    }
}
