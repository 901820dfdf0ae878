import AccessControl
import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// The live events of a deployment: what is on record first, then what comes. Resumable by the event's id, which is the row's.
struct EventRoutes {
    static let pattern = "/orgs/{orgId}/apps/{appId}/envs/{envId}/deploys/{deployId}/events"
    /// Events read at a time.
    private static let batch = 200
    /// Whoever follows a deployment hears of what happens after this much at the latest; what happens in between comes together.
    private static let pause = Duration.milliseconds(50)

    let database: PostgresPool
    let signals: ChannelSignals

    func add(to router: RoomRouter) {
        for route in PublicRoute.all where route.room == .orchestrator && route.kind == .stream {
            router.group(callers: ["gateway"], bodyLimit: 0).get(RouterPath(route.roomPattern)) { request, context in
                let call = RouteCall(
                    route: route, parameters: try PublicRoutes.parameters(of: route, context),
                    query: try PublicRoutes.query(of: request), body: [], principal: try context.requirePrincipal())
                try call.authorize()
                let deployment = try await DatabaseFailure.translating(context.logger) {
                    try await database.withOrg(call.orgID) { try await DeploymentRoutes.require(call, $0) }
                }
                let start = EventStreamResponse.lastEventID(of: request).flatMap { Int64($0) } ?? 0
                return EventStreamResponse(context) { sink in
                    try await send(deployment.id, orgID: call.orgID, after: start, to: sink)
                }
                .response()
            }
        }
    }

    /// Sends events until the deployment has ended and all of them were sent.
    private func send(_ deploymentID: String, orgID: String, after start: Int64, to sink: EventSink) async throws {
        let subscription = signals.subscribe(deploymentID)
        defer { signals.unsubscribe(subscription) }
        var last = start
        while !sink.isClosed {
            // The status first: events that come after it was read are read next time.
            let rows = try await database.pipeline(
                [DeploymentStore.statusQuery(deploymentID), EventStore.query(of: deploymentID, after: last, limit: Self.batch)],
                org: orgID)
            let ended = try DeploymentStore.status(rows[0])?.isEnded ?? true, events = try EventStore.events(rows[1])
            for (id, event) in events {
                let name = event.object == nil ? "deployment" : "node"
                try await sink.send(StreamEvent(id: String(id), event: name, data: try JSON(encoding: event)))
                last = id
            }
            if events.isEmpty {
                if ended { return }
                await signals.next(subscription, within: .seconds(1))
            } else if events.count < Self.batch, !ended {
                try await Task.sleep(for: Self.pause)
            }
        }
    }
}
