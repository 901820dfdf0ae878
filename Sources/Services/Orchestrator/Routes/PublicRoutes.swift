import AccessControl
import AuditRules
import Auditing
import HTTPTypes
import Hummingbird
import PlatformModel
import Postgres
import ServiceRuntime

/// Puts the handlers of public routes on the room's socket, by the one table of routes: a route without a handler, or a handler
/// without a route, ends the program at its start (and fails a test).
struct PublicRoutes {
    struct Incomplete: Error, CustomStringConvertible {
        let mismatches: Set<String>
        var description: String { "routes and handlers differ: \(mismatches.sorted().joined(separator: ", "))" }
    }

    let database: PostgresPool
    let handlers: [RouteHandler]
    /// Changes of what has an `ETag` must say which they were made on.
    var requiresMatch = false

    /// The routes of this room that answer JSON.
    static var routes: [PublicRoute] { PublicRoute.all.filter { $0.room == .orchestrator && $0.kind == .json } }

    /// Routes without a handler, and handlers without a route.
    static func mismatches(_ handlers: [RouteHandler]) -> Set<String> {
        let wanted = Set(routes.map { "\($0.method) \($0.pattern)" })
        return wanted.symmetricDifference(handlers.map { "\($0.method) \($0.pattern)" })
    }

    /// - Throws: `Incomplete` when a route has no handler, or a handler no route.
    func add(to router: RoomRouter) throws {
        let mismatches = Self.mismatches(handlers)
        guard mismatches.isEmpty else { throw Incomplete(mismatches: mismatches) }
        let byName = Dictionary(handlers.map { ("\($0.method) \($0.pattern)", $0) }, uniquingKeysWith: { first, _ in first })
        for route in Self.routes {
            guard let handler = byName["\(route.method) \(route.pattern)"],
                let method = HTTPRequest.Method(rawValue: route.method)
            else { continue }
            router.group(callers: ["gateway"], bodyLimit: route.bodyLimit).on(
                RouterPath(route.roomPattern), method: method
            ) { request, context in
                try await respond(request, context, route, handler)
            }
        }
    }

    private func respond(
        _ request: Request, _ context: RoomContext, _ route: PublicRoute, _ handler: RouteHandler
    ) async throws -> Response {
        let answer = try await DatabaseFailure.translating(context.logger) {
            guard route.method != "GET" else { return try await handled(request, context, route, handler) }
            // The one place where what is written here gets its record; see AuditTrail.
            let principal = try context.requirePrincipal(), org = try? context.parameter("orgId")
            let entry = AuditEntry(
                orgID: org, actor: principal.id, tokenID: principal.tokenID, action: route.action.rawValue, method: route.method,
                path: String(request.uri.path.dropFirst("/v1".count)), status: route.status, requestID: context.requestID)
            return try await RequestAudit(database).writes(entry) {
                try await handled(request, context, route, handler)
            }
        }
        guard let body = answer.body else { return .empty(answer.status) }
        return .json(bytes: body, status: answer.status, headers: answer.tag.map { [.eTag: $0.description] } ?? [:])
    }

    private func handled(
        _ request: Request, _ context: RoomContext, _ route: PublicRoute, _ handler: RouteHandler
    ) async throws -> RouteAnswer {
        let query = try Self.query(of: request)
        let call = try RouteCall(
            route: route, parameters: Self.parameters(of: route, context), query: query.filter { route.query.contains($0.key) },
            body: try await context.body(of: request), principal: try context.requirePrincipal(),
            idempotencyKey: try Self.idempotencyKey(of: request), ifMatch: request.headers[.ifMatch],
            requiresMatch: requiresMatch,
            unknownQuery: query.keys.filter { !route.query.contains($0) }.sorted())
        // Before anything is read: who may not see a thing learns neither whether it is there nor what is wrong with the request.
        try call.authorize()
        return try await handler.handle(call)
    }

    private static func idempotencyKey(of request: Request) throws -> String? {
        guard let name = HTTPField.Name("Idempotency-Key"), let key = request.headers[name] else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw HTTPFailure.invalid("Idempotency-Key: 1 to 255 characters, this one has \(key.utf8.count)")
        }
        return key
    }

    static func parameters(of route: PublicRoute, _ context: RoomContext) throws -> [String: String] {
        var parameters: [String: String] = [:]
        for segment in route.pattern.split(separator: "/") where segment.hasPrefix("{") {
            let name = String(segment.dropFirst().dropLast())
            parameters[name] = try withoutNUL(name, context.parameter(name))
        }
        return parameters
    }

    static func query(of request: Request) throws -> [String: String] {
        try Dictionary(
            request.uri.queryParameters.map { (String($0.key), try withoutNUL(String($0.key), String($0.value))) },
            uniquingKeysWith: { first, _ in first })
    }

    /// PostgreSQL's texts cannot hold a NUL, and no id has one.
    private static func withoutNUL(_ name: String, _ value: String) throws(HTTPFailure) -> String {
        guard !value.utf8.contains(0) else {
            let problem = Problem(code: "API-104", path: String(name.prefix(80)), message: "has a NUL character, which no id has")
            throw .problems("invalid", [problem])
        }
        return value
    }
}
