import AccessControl
import Auditing
import Hummingbird
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// What the gateway answers on its own socket: to the other rooms, and to root.
struct RoomRoutes: Sendable {
    let people: DirectoryDesk
    let principals: PrincipalDesk
    let roles: RoleDesk
    let tokens: ServiceTokenDesk
    let signIns: SignInRoutes
    let states: OrganizationStates
    let breakGlass: BreakGlassDesk

    func add(to router: RoomRouter) {
        router.group("/v1/principals", callers: ["orchestrator", "logs"])
            .get("{id}/roles") { request, context in
                let org = request.uri.queryParameters["org"].map(String.init)
                let app = request.uri.queryParameters["app"].map(String.init)
                let id = try context.parameter("id")
                do {
                    let principal = try await presentRoles(of: id, in: org)
                    return try Response.json(principal.narrowed(to: AccessTarget(orgID: org, appID: app)))
                } catch let error as PostgresError
                    where error.isAway
                {
                    // Whoever asks for work that goes on asks again: a database that is away is no failure of the work.
                    context.logger.error("the database gives no answer", metadata: ["cause": "\(error)"])
                    throw HTTPFailure.unavailable("the gateway cannot reach its database at the moment; try again")
                }
            }
        // An organisation that is deleted: roles, people, machines and their tokens, invitations.
        router.group("/v1/orgs", callers: ["orchestrator"]).delete("{orgId}") { _, context in
            let org = try organization(context, "orgId")
            try await principals.pool.withOrg(org) { try await $0.forgetTenant(schema: "gateway") }
            principals.recent.forgetAll()
            return Response.empty()
        }
        DirectoryRoutes(people: people).add(to: router)
        signIns.add(to: router)
        BreakGlassRoutes(desk: breakGlass).add(to: router)
        let admin = router.admin("orgs/{org}")
        admin.get("roles") { _, context in
            let org = try organization(context)
            return try Response.json(
                try await principals.pool.withOrg(org) { try await PeopleStore.holders(on: .organization, $0) })
        }
        admin.post("roles") { request, context in
            defer { principals.recent.forgetAll() }
            AdminAudit.willAnswer(.noContent)
            try await roles.assign(try await assignment(request, context), in: try organization(context))
            return Response.empty()
        }
        admin.post("roles/remove") { request, context in
            defer { principals.recent.forgetAll() }
            AdminAudit.willAnswer(.noContent)
            try await roles.remove(try await assignment(request, context), in: try organization(context))
            return Response.empty()
        }
        admin.post("tokens") { request, context in
            AdminAudit.willAnswer(.created)
            let keys = ServiceTokenRequest.CodingKeys.allCases.map(\.rawValue)
            let body = try await StrictBody.decode(ServiceTokenRequest.self, keys: keys, from: request, context)
            let org = try organization(context)
            guard org != IdentifierRule.appliance else {
                throw HTTPFailure.conflict("machines hold no role on the appliance; give it to a person or a group")
            }
            return try Response.json(try await tokens.create(body, in: org, by: nil), status: .created)
        }
    }

    /// The roles that somebody holds now, for work that goes on after the request that began it. Whoever is gone holds none.
    private func presentRoles(of reference: String, in org: String?) async throws -> Principal {
        guard let subject = Subject(reference) else {
            throw HTTPFailure.badRequest("'\(reference)' is neither user:<id> nor service:<id>")
        }
        switch subject {
        case .user(let id): try await people.checkWhenDue(id)
        case .service: break
        }
        // Nobody has lost anything: what asks waits until the organisation goes on.
        if let org, let state = try await states.state(of: org), state.kind == .suspended {
            throw HTTPFailure(.conflict, OrganizationState.suspendedCode, state.refusal(of: org) ?? "")
        }
        return try await principals.principal(of: subject, in: org)
    }

    private func assignment(_ request: Request, _ context: RoomContext) async throws -> RoleAssignmentRequest {
        let body = try await StrictBody.decode(
            RoleAssignmentRequest.self, keys: ["subject", "level", "object", "role"], from: request, context)
        if try organization(context) == IdentifierRule.appliance {
            guard body.level == .organization, body.role == OrgRole.administrator.rawValue, !body.subject.hasPrefix("service:")
            else {
                throw HTTPFailure.conflict("on the appliance itself there is the role administrator, for people and groups")
            }
        }
        return body
    }

    private func organization(_ context: RoomContext, _ name: String = "org") throws(HTTPFailure) -> String {
        let org = try context.parameter(name)
        guard org == IdentifierRule.appliance || IdentifierRule.organization.accepts(org) else {
            throw .invalid([
                Problem(code: "API-102", path: "org", message: "'\(org)' is no id: \(IdentifierRule.organization.words)")
            ])
        }
        return org
    }
}
