import AccessControl
import HTTPTypes
import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The public routes of this room, which the gateway relays with the principal: a page of lines, and the live tail.
struct LogRoutes {
    let database: PostgresPool
    let tail: LogTail

    func add(to router: RoomRouter) {
        for route in PublicRoute.all where route.room == .logs {
            router.group(callers: ["gateway"], bodyLimit: route.bodyLimit).get(RouterPath(route.roomPattern)) {
                request, context in
                let filter = try filter(route, request, context)
                switch route.kind {
                case .json: return try await page(filter)
                case .stream: return stream(filter, after: EventStreamResponse.lastEventID(of: request), context)
                }
            }
        }
    }

    private func page(_ filter: LogFilter) async throws -> Response {
        let entries = try await LogsFailure.translating {
            try await database.withOrg(filter.orgID) { try await EntryStore.page(filter, $0) }
        }
        return try Response.json(entries.map(\.output))
    }

    private func stream(_ filter: LogFilter, after lastEventID: String?, _ context: RoomContext) -> Response {
        EventStreamResponse(context) { sink in
            try await tail.send(filter, after: lastEventID.flatMap { Int64($0) }, to: sink)
        }
        .response()
    }

    /// What is asked for, once it is decided that the principal may see it.
    private func filter(_ route: PublicRoute, _ request: Request, _ context: RoomContext) throws -> LogFilter {
        let principal = try context.requirePrincipal()
        var filter = LogFilter(
            orgID: try context.parameter("orgId"), appID: try context.parameter("appId"), envID: try context.parameter("envId"))
        let target = AccessTarget(orgID: filter.orgID, appID: filter.appID)
        if let refusal = decide(principal, route.action, on: target).refusal {
            throw HTTPFailure(HTTPResponse.Status(code: refusal.status), refusal.body)
        }
        try filter.read(
            Dictionary(
                request.uri.queryParameters.map { (String($0.key), String($0.value)) }.filter { route.query.contains($0.0) },
                uniquingKeysWith: { first, _ in first }))
        return filter
    }
}
