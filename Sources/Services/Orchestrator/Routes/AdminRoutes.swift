import AuditRules
import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// What `martlet-admin` asks of this room.
struct AdminRoutes {
    let database: PostgresPool

    func add(to router: RoomRouter) {
        // 201 when the organisation was made, 200 when it is there: the command is safe to repeat.
        router.admin().post("orgs") { request, context in
            let body = try await context.decode(OrganizationRequest.self, from: request)
            guard IdentifierRule.organization.acceptsNew(body.id) else {
                throw HTTPFailure.invalid(
                    "'\(body.id)' cannot be the id of an organization: \(IdentifierRule.organization.refusal(of: body.id))")
            }
            let made = try await DatabaseFailure.translating(context.logger) { try await make(body) }
            return try Response.json(bytes: JSON.encode(body), status: made ? .created : .ok)
        }
    }

    /// False when it is there already.
    private func make(_ request: OrganizationRequest) async throws -> Bool {
        try await database.withOrg(request.id) { transaction in
            AuditTrail.note { $0.orgID = request.id }
            let made = try await OrganizationStore.insert(
                id: request.id, name: request.name, createdBy: "martlet-admin", transaction)
            // As in the reference, an organisation begins with one environment type.
            let first = EnvironmentType(id: "development", description: "Where developers try things out")
            if made { _ = try await OrganizationStore.insert(first, transaction) }
            return made
        }
    }
}
