import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// What `martlet-admin` asks of this room.
struct AdminRoutes {
    let desk: OrganizationDesk

    /// Root on the host, as what it did is signed.
    static let caller = "martlet-admin"

    func add(to router: RoomRouter) {
        let admin = router.admin("orgs")
        admin.get("") { _, context in
            try Response.json(try await DatabaseFailure.translating(context.logger) { try await desk.list() })
        }
        // 201 when the organisation was made, 200 when it is there: the command is safe to repeat.
        admin.post("") { request, context in
            let body = try await context.decode(OrganizationRequest.self, from: request)
            let made = try await DatabaseFailure.translating(context.logger) { try await desk.make(body, by: Self.caller) }
            return try Response.json(bytes: JSON.encode(body), status: made ? .created : .ok)
        }
        admin.get("{org}") { _, context in try await answer(context) { try await desk.require($0) } }
        admin.get("{org}/contents") { _, context in try await answer(context) { try await desk.contents($0) } }
        admin.delete("{org}") { request, context in
            let withEverything = request.uri.queryParameters["with_everything"].map(String.init) == "true"
            return try await answer(context) { try await desk.delete($0, withEverything: withEverything, by: Self.caller) }
        }
        admin.get("{org}/limits") { _, context in try await answer(context) { try await desk.limits($0) } }
        admin.on("{org}/limits", method: .patch) { request, context in
            let body = try await context.decode(JSON.self, from: request)
            return try await answer(context) { try await desk.setLimits($0, body, by: Self.caller) }
        }
        admin.post("{org}/suspend") { request, context in
            let body = try await context.decode(SuspensionRequest.self, from: request)
            return try await answer(context) { try await desk.suspend($0, reason: body.reason, by: Self.caller) }
        }
        admin.post("{org}/resume") { _, context in
            try await answer(context) { try await desk.resume($0, by: Self.caller) }
        }
    }

    private func answer(
        _ context: RoomContext, _ body: (String) async throws -> some Encodable & Sendable
    ) async throws -> Response {
        let org = try context.parameter("org")
        return try Response.json(try await DatabaseFailure.translating(context.logger) { try await body(org) })
    }
}
