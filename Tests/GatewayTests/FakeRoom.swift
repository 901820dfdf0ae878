import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import PlatformModel
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A room that keeps what it was sent, and answers what the test says.
final class FakeRoom: Sendable {
    struct Received: Sendable {
        var method: String
        /// Path and query.
        var target: String
        var headers: HTTPFields
        var principal: Principal?
        var body: [UInt8]
    }

    typealias Answer = @Sendable (Received, RoomContext) async throws -> Response

    private let log = Mutex<[Received]>([])
    private let answer: Mutex<Answer>
    private let refusal = Mutex<HTTPFailure?>(nil)

    init() {
        answer = Mutex { _, _ in .json(bytes: Array("{}".utf8)) }
    }

    var received: [Received] { log.withLock { $0 } }

    func forget() { log.withLock { $0 = [] } }

    func answers(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }

    /// Refuses everything from now on, without reading a body.
    func refusesUnread(_ failure: HTTPFailure) { refusal.withLock { $0 = failure } }

    /// Every path below /v1, for the gateway alone.
    func router() -> RoomRouter {
        let router = RoomRouter()
        let group = router.group(callers: ["gateway"], bodyLimit: 16 << 20)
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            group.on("/v1/**", method: method) { request, context in
                if let refusal = self.refusal.withLock({ $0 }) { throw refusal }
                let received = Received(
                    method: request.method.rawValue, target: request.uri.string, headers: request.headers,
                    principal: context.principal,
                    body: try await context.body(of: request))
                self.log.withLock { $0.append(received) }
                return try await self.answer.withLock { $0 }(received, context)
            }
        }
        return router
    }
}
