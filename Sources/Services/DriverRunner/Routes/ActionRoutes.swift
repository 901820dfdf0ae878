import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// `PUT /v1/actions/{deployment}/{node}/{verb}/{try}`: 200 ended, 202 running, 409 fenced, 422 an order that makes no sense, 503 too
/// many wait.
///
/// `PUT /v1/actions`: several pure orders at once (`ActionOrder.Batch`); 200 with a reply for each, 422 as above.
///
/// `POST .../{try}/stop` tells it to stop, and answers in the same way.
///
/// Query: `wait`, up to 20 seconds until the answer must come; `seen`, the line of progress that the caller knows.
struct ActionRoutes {
    let desk: ActionDesk

    /// The longest that an answer waits for news.
    private static let longestWait = 20

    func add(to router: RoomRouter) {
        let group = router.group("/v1/actions", callers: ["orchestrator"], bodyLimit: 8 << 20)
        group.put("") { request, context in
            let batch = try await context.decode(ActionOrder.Batch.self, from: request)
            return try await answering {
                .json(bytes: try JSON.encode(ActionOrder.Replies(try await desk.orderPure(batch.orders))))
            }
        }
        group.put("{deployment}/{node}/{verb}/{try}") { request, context in
            let body = try await context.decode(ActionRequest.self, from: request)
            return try await answer(request, context, body, stop: nil)
        }
        group.post("{deployment}/{node}/{verb}/{try}/stop") { request, context in
            let body = try await context.decode(ActionStop.self, from: request)
            return try await answer(request, context, body.order, stop: body.reason)
        }
    }

    private func answer(
        _ request: Request, _ context: RoomContext, _ order: ActionRequest, stop: String?
    ) async throws -> Response {
        let key = try Self.key(context)
        let query = request.uri.queryParameters
        let wait = min(max(query.get("wait", as: Int.self) ?? 0, 0), Self.longestWait)
        return try await answering {
            try Self.respond(
                try await desk.order(key, order, wait: .seconds(wait), seen: query.get("seen"), stop: stop), key)
        }
    }

    private func answering(_ body: () async throws -> Response) async throws -> Response {
        do { return try await body() } catch let error as ErrorBody {
            throw HTTPFailure(.unprocessableContent, error)
        } catch let error as PostgresError where error.isPassing {
            throw HTTPFailure.unavailable("the database does not answer at the moment; ask again")
        }
    }

    private static func key(_ context: RoomContext) throws -> ActionKey {
        guard let verb = ActionVerb(rawValue: try context.parameter("verb")),
            let attempt = Int(try context.parameter("try")), attempt > 0
        else {
            throw HTTPFailure.badRequest(
                "an action is {deployment}/{node}/{verb}/{try}: the verb one of "
                    + ActionVerb.allCases.map(\.rawValue).joined(separator: ", ") + ", the try a number from 1")
        }
        return ActionKey(
            deploymentID: try context.parameter("deployment"), node: try context.parameter("node"), verb: verb, attempt: attempt)
    }

    private static func respond(_ answer: ActionDesk.Answer, _ key: ActionKey) throws -> Response {
        switch answer {
        case .reply(let reply):
            return .json(bytes: try JSON.encode(reply), status: reply.state == .running ? .accepted : .ok)
        case .fenced(let highest):
            throw HTTPFailure(.conflict, "fenced", "\(key) was ordered with the higher fence \(highest): stop at once")
        case .ofHost(let host):
            throw HTTPFailure(
                .serviceUnavailable, "RUN-014",
                "\(key) is for the runner of the host '\(host)', where its environment is; it waits for that host's orchestrator")
        case .busy:
            throw HTTPFailure.unavailable("too many actions wait; ask again")
        }
    }
}
