import HTTPTypes
import PlatformModel
import ServiceRuntime

/// Secret stores of the organisation's own, beside the built-in one.
enum SecretStoreRoutes {
    private static let base = "/orgs/{orgId}/secretstores", one = base + "/{storeId}"

    static func handlers(_ desk: SecretStoreDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", base) { call in try .ok(try await desk.list(call.orgID)) },
            RouteHandler("POST", base) { call in
                let request = try call.decode(SecretStoreDesk.Request.self)
                guard let id = request.id else { throw HTTPFailure.invalid("id: is needed") }
                // It becomes a part of a path.
                guard IdentifierRule.application.accepts(id) else {
                    throw HTTPFailure.invalid(
                        "id: '\(id.prefix(80))' cannot be the id of a secret store: \(IdentifierRule.application.words)")
                }
                guard let vault = try request.specification() else {
                    throw HTTPFailure.invalid("vault: is needed; other kinds of stores are not supported")
                }
                return try .created(try await desk.write(vault, id: id, isNew: true, call))
            },
            RouteHandler("GET", one) { call in try .tagged(try await desk.store(call.parameter("storeId"), call.orgID)) },
            RouteHandler("PATCH", one) { call in
                let request = try call.decode(SecretStoreDesk.Request.self)
                let id = call.parameter("storeId")
                return try .tagged(try await desk.write(try request.specification() ?? [:], id: id, isNew: false, call))
            },
            RouteHandler("DELETE", one) { call in
                try await desk.delete(call.parameter("storeId"), call)
                return .noContent
            },
            // Ours.
            RouteHandler("POST", one + "/actions/check") { call in
                let body = call.body.isEmpty ? [:] : try call.decode(JSON.self)
                guard let members = body.object else { throw HTTPFailure.invalid("an object is needed, or no body") }
                try OwnBody.refuseUnknown(members, known: [])
                return try .ok(try await desk.check(call.parameter("storeId"), call.orgID))
            },
        ]
    }
}
