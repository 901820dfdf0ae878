import HTTPTypes
import Hummingbird
import ServiceAPI
import ServiceRuntime

/// `POST /v1/secrets/...`. The orchestrator writes and deletes, and can never read; the runner does what its grant allows.
struct SecretRoutes {
    let secrets: SecretDesk
    let audit: BrokerAudit

    func add(to router: RoomRouter) {
        router.group("/v1/secrets", callers: ["runner"]).post("read") { request, context in
            let body = try await context.decode(SecretReadRequest.self, from: request)
            return try Response.json(try await BrokerFailure.translating { try await secrets.read(body, caller(context)) })
        }
        let writers = router.group("/v1/secrets", callers: ["runner", "orchestrator"])
        writers.post("write") { request, context in
            let body = try await context.decode(SecretWriteRequest.self, from: request)
            let reply = try await audit.change("writeSecret", body.path, in: body.orgID, grant: body.grant, context) {
                try await secrets.write(body, isOrchestrator: isOrchestrator(context), caller(context))
            }
            return try Response.json(reply, status: reply.stored ? .created : .ok)
        }
        writers.post("delete") { request, context in
            let body = try await context.decode(SecretDeleteRequest.self, from: request)
            _ = try await audit.change("deleteSecrets", body.prefix, in: body.orgID, grant: body.grant, context) {
                try await secrets.delete(body, isOrchestrator: isOrchestrator(context), caller(context))
            }
            return Response.empty()
        }
    }

    private func isOrchestrator(_ context: RoomContext) -> Bool { context.callers.contains("orchestrator") }

    private func caller(_ context: RoomContext) -> SecretDesk.Caller {
        SecretDesk.Caller(name: BrokerAudit.actor(context), requestID: context.requestID, logger: context.logger)
    }
}
