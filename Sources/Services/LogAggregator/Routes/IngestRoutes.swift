import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `POST /v1/logs`, for the rooms that have lines, and `POST /v1/logs/end` and `GET /v1/logs/usage` for the one that deletes environments
/// and tells organisations what they use.
struct IngestRoutes {
    private static let bodyLimit = 16 << 20

    let desk: IngestDesk
    let endings: EndingDesk

    func add(to router: RoomRouter) {
        router.group(callers: ["runner", "orchestrator", "broker", "gateway"], bodyLimit: Self.bodyLimit)
            .post("/v1/logs") { request, context in
                let batch = try await context.decode(LogBatch.self, from: request)
                return try Response.json(try await LogsFailure.translating { try await desk.take(batch, context.logger) })
            }
        router.group(callers: ["orchestrator"]).post("/v1/logs/end") { request, context in
            let ending = try await context.decode(LogEnding.self, from: request)
            try await LogsFailure.translating { try await endings.end(ending, context.logger) }
            return Response.empty()
        }
        // An organisation that is deleted.
        router.group("/v1/orgs", callers: ["orchestrator"]).delete("{orgId}") { _, context in
            let org = try context.parameter("orgId")
            try await LogsFailure.translating { try await endings.end(organization: org) }
            return Response.empty()
        }
        router.group(callers: ["orchestrator"]).get("/v1/logs/usage") { request, _ in
            guard let org = request.uri.queryParameters["org"].map(String.init), !org.isEmpty else {
                throw HTTPFailure.badRequest("org is needed")
            }
            let bytes = try await LogsFailure.translating { try await desk.bytes(of: org) }
            return try Response.json(LogUsage(bytes: bytes))
        }
    }
}
