import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Who administers an organisation, for the day on which nobody of it can say so.
struct AdministratorDesk: Sendable {
    let pool: PostgresPool
    let roles: RoleDesk

    func list(in org: String) async throws -> [RoleHolder] {
        try await mustExist(org)
        return try await pool.withOrg(org) { try await PeopleStore.holders(on: .organization, $0) }
            .filter { $0.role == OrgRole.administrator.rawValue }
    }

    /// Makes a person or a group of the directory administrator; neither machines nor whoever does this.
    func give(_ request: AdministratorRequest, in org: String) async throws -> [RoleHolder] {
        guard request.id.hasPrefix("user:") || request.id.hasPrefix("group:") else {
            throw HTTPFailure.invalid([
                Problem(
                    code: "API-102", path: "id",
                    message: "'\(request.id.withoutControls.prefix(200))' is neither user:<directory id> nor group:<DN>; "
                        + "'martlet-admin ldap check --user NAME' shows both")
            ])
        }
        try await mustExist(org)
        try await roles.assign(assignment(request.id), in: org)
        return try await list(in: org)
    }

    /// - Parameter id: as the list has it, or `group:<DN>`.
    func take(from id: String, in org: String) async throws {
        guard let holder = try await list(in: org).first(where: { $0.id == id || $0.groupID.map { "group:" + $0 } == id }) else {
            throw HTTPFailure.notFound("'\(id.withoutControls.prefix(200))' does not administer the organization.")
        }
        try await roles.remove(assignment(holder.groupID.map { "group:" + $0 } ?? holder.id), in: org)
    }

    private func assignment(_ subject: String) -> RoleAssignmentRequest {
        RoleAssignmentRequest(subject: subject, level: .organization, role: OrgRole.administrator.rawValue)
    }

    private func mustExist(_ org: String) async throws {
        guard try await OrganizationStateStore.exists(org, pool) else {
            throw HTTPFailure.notFound("There is no organization '\(org.withoutControls.prefix(200))'.")
        }
    }
}
