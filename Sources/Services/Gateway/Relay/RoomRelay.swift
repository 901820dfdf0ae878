import AccessControl
import FaultPoints
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Passes requests on to the rooms that own what they are about.
struct RoomRelay: Sendable {
    let orchestrator: RoomClient
    let logs: RoomClient
    /// How often an open stream's right to go on is looked at.
    let streamCheck: Duration

    /// The room's stream, whose end its own `end` event tells.
    /// - Parameter isStillAllowed: Asked now and then; when it says no, the reader is cut. A failure to find out changes nothing.
    func stream(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ principal: Principal,
        isStillAllowed: @escaping @Sendable () async throws -> Bool
    ) async throws -> Response {
        let interval = streamCheck
        let body = try await body(of: request, context)
        return try await RelayResponse.response(await open(match, request, context, principal, body: body), context) {
            while (try? await Task.sleep(for: interval)) != nil, (try? await isStillAllowed()) ?? true {}
        }
    }

    /// Passes the request on; the answer's body is still to be read.
    func open(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ principal: Principal, body: ByteBuffer?
    ) async throws -> HTTPBodyStream {
        let room = match.route.room == .logs ? logs : orchestrator
        let target = match.roomPath + (request.uri.query.map { "?" + $0 } ?? "")
        try await FaultVerb.during(request.method.rawValue) { try await GatewayFault.beforeForward.reach() }
        let answer = try await RequestTrace.$id.withValue(context.requestID) {
            try await room.forward(
                request.method, target: target, headers: request.headers, body: body.map { RequestBody(buffer: $0) },
                length: body.map { Int64($0.readableBytes) }, principal: principal.narrowed(to: match.target))
        }
        try await FaultVerb.during(request.method.rawValue) { try await GatewayFault.afterForward.reach() }
        return answer
    }

    /// The whole body, within the route's limit, from somebody who was let in. Not passed on piece by piece: a room may answer before
    /// it has read everything, and two readers of one connection, the client and the server, end the process.
    func body(of request: Request, _ context: RoomContext) async throws -> ByteBuffer? {
        guard request.headers[.contentLength] != nil || request.headers[.transferEncoding] != nil else { return nil }
        return ByteBuffer(bytes: try await context.body(of: request))
    }
}
