import FaultPoints
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// `POST /v1/inspections`: 200 with what was found, 422 a request that makes no sense.
struct InspectionRoutes {
    let desk: InspectionDesk

    func add(to router: RoomRouter) {
        router.group(callers: ["orchestrator"], bodyLimit: 16 << 20).post("/v1/inspections") { request, context in
            let body = try await context.decode(InspectionRequest.self, from: request)
            let reply: InspectionReply
            do throws(ErrorBody) { reply = try await desk.inspect(body) } catch {
                throw HTTPFailure(.unprocessableContent, error)
            }
            try await FaultVerb.during("inspect") { try await RunnerFaults.afterInspection.reach() }
            return try Response.json(reply)
        }
    }
}
