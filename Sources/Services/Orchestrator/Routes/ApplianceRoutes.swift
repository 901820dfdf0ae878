import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Organisations, for the appliance's administrators. All ours: an unknown field is refused.
enum ApplianceRoutes {
    private static let base = "/appliance/orgs"

    static func handlers(_ desk: OrganizationDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", base) { _ in try .ok(try await desk.list()) },
            RouteHandler("POST", base) { call in
                let body = try members(call, ["id", "name"])
                let id = body["id"]?.string ?? ""
                let request = OrganizationRequest(id: id, name: body["name"]?.string ?? id)
                guard try await desk.make(request, by: call.principal.id) else {
                    throw HTTPFailure.conflict("the organization '\(id)' exists already")
                }
                return try .created(try await desk.require(id))
            },
            RouteHandler("GET", base + "/{orgId}") { call in try .ok(try await desk.require(call.orgID)) },
            RouteHandler("DELETE", base + "/{orgId}") { call in
                guard call.query["confirm"] == call.orgID else {
                    throw HTTPFailure.problems(
                        "invalid",
                        [
                            Problem(
                                code: "API-102", path: "confirm",
                                message: "the organization's id is needed once more: confirm=\(call.orgID)")
                        ])
                }
                return try .accepted(
                    try await desk.delete(call.orgID, withEverything: call.flag("with_everything"), by: call.principal.id))
            },
            RouteHandler("GET", base + "/{orgId}/limits") { call in try .ok(try await desk.limits(call.orgID)) },
            RouteHandler("PATCH", base + "/{orgId}/limits") { call in
                try .ok(try await desk.setLimits(call.orgID, try call.decode(JSON.self), by: call.principal.id))
            },
            RouteHandler("POST", base + "/{orgId}/actions/suspend") { call in
                guard let reason = try members(call, ["reason"])["reason"]?.string else {
                    throw HTTPFailure.problems(
                        "invalid",
                        [
                            Problem(
                                code: "API-102", path: "reason",
                                message: "a text is needed: it is told to the organization's people")
                        ])
                }
                return try .ok(try await desk.suspend(call.orgID, reason: reason, by: call.principal.id))
            },
            RouteHandler("POST", base + "/{orgId}/actions/resume") { call in
                try .ok(try await desk.resume(call.orgID, by: call.principal.id))
            },
        ]
    }

    /// - Throws: 422 naming each field that the route does not have.
    private static func members(_ call: RouteCall, _ known: [String]) throws -> [String: JSON] {
        guard let members = try call.decode(JSON.self).object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        let problems = Problem.unknownFields(members, known: known)
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        return members
    }
}
