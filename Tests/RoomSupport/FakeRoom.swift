import HTTPTypes
import Hummingbird
import Logging
import PlatformModel
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A room on a real Unix socket that keeps what it was sent, and answers what the test says.
package final class FakeRoom: Sendable {
    package struct Received: Sendable {
        package var method: HTTPRequest.Method
        /// Percent-encoded, without the query: `/v1/grants/abc`.
        package var path: String
        /// Path and query, as they were sent.
        package var target: String
        package var query: [String: String]
        package var headers: HTTPFields
        /// In the gateway's word.
        package var principal: Principal?
        package var body: [UInt8]

        package var segments: [Substring] { path.split(separator: "/") }

        package func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSON.decode(type, from: body)
        }
    }

    /// Throw `HTTPFailure` for an error's answer, `FakeRoom.Cut` to close the connection instead of answering.
    package typealias Answer = @Sendable (Received, RoomContext) async throws -> Response

    /// The room did what it was asked, and its caller never hears of it.
    package struct Cut: Error {
        package init() {}
    }

    private let log = Mutex<[Received]>([])
    private let answer: Mutex<Answer>
    private let refusal = Mutex<HTTPFailure?>(nil)

    /// - Parameter answer: 200 with an empty object unless the test says otherwise.
    package init(_ answer: @escaping Answer = { _, _ in .json(bytes: Array("{}".utf8)) }) { self.answer = Mutex(answer) }

    /// What it was sent so far, in order.
    package var received: [Received] { log.withLock { $0 } }

    package func forget() { log.withLock { $0 = [] } }

    package func answers(_ answer: @escaping Answer) { self.answer.withLock { $0 = answer } }

    /// Refuses everything from now on, without reading a body.
    package func refusesUnread(_ failure: HTTPFailure) { refusal.withLock { $0 = failure } }

    /// Every path below /v1, for these callers.
    package func router(callers: Set<String>) -> RoomRouter {
        let router = RoomRouter()
        let group = router.group(callers: callers, bodyLimit: 16 << 20)
        for method in [HTTPRequest.Method.get, .post, .put, .patch, .delete] {
            group.on("/v1/**", method: method) { request, context in try await self.respond(to: request, context) }
        }
        return router
    }

    /// Serves until it is cancelled.
    ///
    /// - Parameters:
    ///   - callers: Names with their uids.
    ///   - whenListening: Called once the socket takes connections.
    package func run(
        socket: String, callers: [String: UInt32], whenListening: @escaping @Sendable () -> Void = {}
    ) async throws {
        let server = RoomServer(
            endpoints: [.init(.unix(path: socket, mode: 0o600, group: nil), router(callers: Set(callers.keys)))],
            configuration: ServiceConfiguration(socket: socket, callers: callers),
            logger: Logger(label: "fake room") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            _ = try await server.listening()
            whenListening()
            try await group.waitForAll()
        }
    }

    private func respond(to request: Request, _ context: RoomContext) async throws -> Response {
        if let refusal = refusal.withLock({ $0 }) { throw refusal }
        let query = request.uri.queryParameters.map { (String($0.key), String($0.value)) }
        let received = Received(
            method: request.method, path: request.uri.path, target: request.uri.string,
            query: Dictionary(query, uniquingKeysWith: { first, _ in first }), headers: request.headers,
            principal: context.principal, body: try await context.body(of: request))
        log.withLock { $0.append(received) }
        do {
            return try await answer.withLock { $0 }(received, context)
        } catch let cut as Cut {
            context.connection.cut()
            throw cut
        }
    }
}
