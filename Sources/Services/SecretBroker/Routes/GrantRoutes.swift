import HTTPTypes
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `PUT` and `DELETE /v1/grants/{id}`, and `DELETE /v1/orgs/{org}`, for the orchestrator alone.
struct GrantRoutes {
    let grants: GrantDesk

    func add(to router: RoomRouter) {
        let group = router.group("/v1/grants", callers: ["orchestrator"])
        group.put("{id}") { request, context in
            let id = try context.parameter("id")
            let grant = try await context.decode(Grant.self, from: request)
            try await BrokerFailure.translating { try await grants.put(grant, id: id) }
            return Response.empty()
        }
        group.delete("{id}") { request, context in
            let id = try context.parameter("id")
            guard let orgID = request.uri.queryParameters["org"].map(String.init) else {
                throw HTTPFailure.badRequest("the query names no org")
            }
            guard try await BrokerFailure.translating({ try await grants.revoke(id: id, orgID: orgID) }) else {
                throw HTTPFailure.notFound("there is no such grant")
            }
            return Response.empty()
        }
        // An organisation that is deleted: its keys go, too, and with them what copies of its secrets are worth.
        router.group("/v1/orgs", callers: ["orchestrator"]).delete("{orgId}") { _, context in
            let org = try context.parameter("orgId")
            try await BrokerFailure.translating { try await grants.forget(org) }
            return Response.empty()
        }
    }
}
