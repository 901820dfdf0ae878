import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI

/// One look of the runner at resources and workloads, under a grant for reads that lasts for it alone.
struct InspectionCall: Sendable {
    let runner: RoomClient
    let broker: RoomClient
    let database: PostgresPool

    /// - Parameters:
    ///   - request: its grant's id is the one that is given and taken back here.
    ///   - timeoutSeconds: of the look.
    ///   - patienceSeconds: how long the broker is waited for.
    /// - Throws: a `RoomError` where a room does not answer, or answers something else.
    func ask(
        _ request: InspectionRequest, timeoutSeconds: Int, patienceSeconds: Int = 30
    ) async throws(RoomError) -> InspectionReply {
        let environment = request.environment, path = "/v1/grants/\(request.grant)"
        let grant: Grant
        do {
            grant = try await Grant.reading(
                Array(Set(request.resources.flatMap(\.work.slots.references))), environment,
                readPrefix: environment.resourcePrefix, standing: false, lifetimeSeconds: timeoutSeconds, database)
        } catch {
            throw RoomError(room: "database", kind: .unreachable(reason: "what secrets are needed is not known", made: false))
        }
        try await broker.send(.put, path, body: grant, timeout: .seconds(patienceSeconds))
        let reply: InspectionReply = try await runner.call(
            .post, "/v1/inspections", body: request, timeout: .seconds(timeoutSeconds))
        // It ends by itself, too.
        _ = try? await broker.send(.delete, path, query: [("org", environment.orgID)], timeout: .seconds(5))
        guard reply.resources.count == request.resources.count, reply.workloads.count == request.workloads.count else {
            throw RoomError(room: runner.room, kind: .malformed("findings of other things than were asked for"))
        }
        return reply
    }
}
