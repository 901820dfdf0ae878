import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `POST /v1/logs`, for the rooms that have lines.
struct IngestRoutes {
    private static let bodyLimit = 16 << 20

    let desk: IngestDesk

    func add(to router: RoomRouter) {
        router.group(callers: ["runner", "orchestrator", "broker", "gateway"], bodyLimit: Self.bodyLimit)
            .post("/v1/logs") { request, context in
                let batch = try await context.decode(LogBatch.self, from: request)
                return try Response.json(try await LogsFailure.translating { try await desk.take(batch, context.logger) })
            }
    }
}
