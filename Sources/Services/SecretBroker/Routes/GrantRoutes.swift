import HTTPTypes
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `PUT` and `DELETE /v1/grants/{id}`, for the orchestrator alone.
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
    }
}
