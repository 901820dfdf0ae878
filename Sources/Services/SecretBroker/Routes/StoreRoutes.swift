import HTTPTypes
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `/v1/stores`, for the orchestrator alone: it keeps, looks and asks, and never reads a secret.
struct StoreRoutes {
    let stores: StoreDesk
    let audit: BrokerAudit

    func add(to router: RoomRouter) {
        let group = router.group("/v1/stores", callers: ["orchestrator"])
        group.get("") { request, _ in
            let orgID = try org(request)
            return try Response.json(try await BrokerFailure.translating { try await stores.list(orgID) })
        }
        group.put("{id}") { request, context in
            let id = try context.parameter("id")
            let write = try await context.decode(SecretStoreWrite.self, from: request)
            return try Response.json(
                try await audit.change("changeSecretStores", id, in: write.orgID, context) {
                    try await stores.put(write, id: id, context.logger)
                })
        }
        group.delete("{id}") { request, context in
            let id = try context.parameter("id"), orgID = try org(request)
            let isGone = try await audit.change("changeSecretStores", id, in: orgID, context) {
                try await stores.delete(id, orgID)
            }
            guard isGone else {
                throw HTTPFailure.notFound("there is no secret store '\(id)'")
            }
            return Response.empty()
        }
        group.post("{id}/check") { request, context in
            let id = try context.parameter("id"), orgID = try org(request)
            return try Response.json(try await BrokerFailure.translating { try await stores.check(id, orgID) })
        }
        router.group("/v1/store-references", callers: ["orchestrator"]).post("check") { request, context in
            let check = try await context.decode(SecretReferenceCheck.self, from: request)
            guard check.references.count <= SecretDesk.maximumReferences else {
                throw BrokerFailure.invalid("at most \(SecretDesk.maximumReferences) references at once")
            }
            return try Response.json(
                SecretReferenceCheck.Reply(
                    refusals: try await BrokerFailure.translating { try await stores.refusals(of: check) }))
        }
    }

    private func org(_ request: Request) throws(HTTPFailure) -> String {
        guard let orgID = request.uri.queryParameters["org"].map(String.init), !orgID.isEmpty else {
            throw HTTPFailure.badRequest("the query names no org")
        }
        return orgID
    }
}
