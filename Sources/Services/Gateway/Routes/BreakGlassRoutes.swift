import Auditing
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// The break-glass administrator, for root on the gateway's own socket.
struct BreakGlassRoutes: Sendable {
    let desk: BreakGlassDesk

    func add(to router: RoomRouter) {
        let admin = router.admin("break-glass")
        admin.get("") { _, _ in try Response.json(try await desk.status()) }
        admin.post("") { request, context in
            AdminAudit.willAnswer(.created)
            let body = try await StrictBody.decode(BreakGlassRequest.self, keys: ["hours"], from: request, context)
            return try Response.json(try await desk.create(body), status: .created, headers: [.cacheControl: "no-store"])
        }
        admin.delete("") { _, _ in
            AdminAudit.willAnswer(.noContent)
            try await desk.end()
            return Response.empty()
        }
        admin.post("sign-in") { request, context in
            let body = try await StrictBody.decode(BreakGlassSignIn.self, keys: ["password"], from: request, context)
            return try Response.json(try await desk.signIn(body.password, .host), headers: [.cacheControl: "no-store"])
        }
    }
}
