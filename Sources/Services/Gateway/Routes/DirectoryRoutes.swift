import Hummingbird
import Postgres
import ServiceAPI
import ServiceRuntime

/// What root asks about the directory, on the gateway's own socket.
struct DirectoryRoutes: Sendable {
    let people: DirectoryDesk

    func add(to router: RoomRouter) {
        let admin = router.admin("directory")
        admin.get("") { _, _ in
            let status = try await DirectorySyncStore.status(people.pool)
            return try Response.json(
                DirectoryStatus(
                    endedAt: status.endedAt, people: status.people, unknown: status.unknown,
                    held: try await DirectorySyncStore.heldPeople(people.pool), heldSince: status.heldSince,
                    confirmation: status.heldDigest))
        }
        admin.post("sync") { request, context in
            let keys = DirectorySyncRequest.CodingKeys.allCases.map(\.rawValue)
            let body = try await StrictBody.decode(DirectorySyncRequest.self, keys: keys, from: request, context)
            return try Response.json(try await synchronise(body))
        }
        admin.post("roles") { request, context in
            let body = try await StrictBody.decode(DirectoryRolesRequest.self, keys: ["id", "groups"], from: request, context)
            return try Response.json(try await roles(body))
        }
    }

    private func synchronise(_ request: DirectorySyncRequest) async throws -> DirectorySyncReport {
        if request.dryRun { return try await people.sync.look().report(dryRun: true) }
        guard try await DirectorySyncStore.claim(afterSeconds: 0, people.pool) else {
            throw HTTPFailure.conflict("a synchronisation is running; try again in a moment")
        }
        do {
            return try await people.sync.run(confirming: request.confirm).report(
                dryRun: false, isConfirmed: request.confirm != nil)
        } catch {
            try? await DirectorySyncStore.release(people.pool)
            throw error
        }
    }

    /// What a person would hold with these groups, organisation by organisation.
    private func roles(_ request: DirectoryRolesRequest) async throws -> DirectoryRolesReply {
        let subject = Subject.user(request.id).reference
        let subjects = [subject] + (try request.groups.map { try Subject.index(ofGroup: $0) })
        var roles: [DirectoryRolesReply.Role] = []
        for org in try await RoleStore.organizations(of: subjects, people.pool) {
            roles += try await people.pool.withOrg(org) { transaction in
                var found = try await RoleStore.grants(of: subject, transaction).map { Self.role($0, org, nil) }
                for group in request.groups {
                    found += try await RoleStore.grants(ofGroups: [group], transaction).map { Self.role($0, org, group) }
                }
                return found
            }
        }
        return DirectoryRolesReply(roles: roles)
    }

    private static func role(_ grant: RoleStore.Grant, _ org: String, _ group: String?) -> DirectoryRolesReply.Role {
        .init(
            organization: org, level: grant.level, object: grant.object.isEmpty ? nil : grant.object, role: grant.role,
            group: group)
    }
}
