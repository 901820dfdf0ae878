import HTTPTypes
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `POST /v1/seals/seal` and `/open`, for the runner alone.
struct SealRoutes {
    let seals: SealDesk

    func add(to router: RoomRouter) {
        // Base64, and what stands around it.
        let group = router.group("/v1/seals", callers: ["runner"], bodyLimit: SealDesk.maximumBytes / 3 * 4 + (64 << 10))
        group.post("seal") { request, context in
            let body = try await context.decode(SealRequest.self, from: request)
            return try Response.json(try await BrokerFailure.translating { try await seals.seal(body) })
        }
        group.post("open") { request, context in
            let body = try await context.decode(SealOpenRequest.self, from: request)
            let caller = SecretDesk.Caller(
                name: BrokerAudit.actor(context), requestID: context.requestID, logger: context.logger)
            return try Response.json(try await BrokerFailure.translating { try await seals.open(body, caller) })
        }
    }
}
