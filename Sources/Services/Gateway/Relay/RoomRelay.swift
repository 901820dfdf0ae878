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

    /// The room's stream, event by event: a slow reader slows the room; one that does not read is cut.
    /// - Parameter isStillAllowed: Asked now and then; when it says no, the reader is cut. A failure to find out changes nothing.
    func stream(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ principal: Principal,
        isStillAllowed: @escaping @Sendable () async throws -> Bool
    ) async throws -> Response {
        let answer = try await open(match, request, context, principal)
        guard answer.status == 200, answer.headers[.contentType]?.hasPrefix("text/event-stream") == true else {
            return RelayResponse.response(answer, context)
        }
        let interval = streamCheck
        return EventStreamResponse(context) { sink in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.pump(answer, into: sink) }
                group.addTask {
                    repeat { try await Task.sleep(for: interval) } while (try? await isStillAllowed()) ?? true
                    throw StreamEnded.accessWithdrawn
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        }
        .response()
    }

    /// Passes the request on; the answer's body is still to be read.
    func open(
        _ match: MatchedRoute, _ request: Request, _ context: RoomContext, _ principal: Principal
    ) async throws -> HTTPBodyStream {
        let room = match.route.room == .logs ? logs : orchestrator
        let target = match.roomPath + (request.uri.query.map { "?" + $0 } ?? "")
        let length = request.headers[.contentLength].flatMap(Int64.init)
        try await GatewayFault.beforeForward.reach()
        let answer = try await RequestTrace.$id.withValue(context.requestID) {
            try await room.forward(
                request.method, target: target, headers: request.headers, body: try await body(of: request, length, context),
                length: length, principal: principal)
        }
        try await GatewayFault.afterForward.reach()
        return answer
    }

    private enum StreamEnded: Error { case accessWithdrawn, withoutEnd }

    private static func pump(_ answer: HTTPBodyStream, into sink: EventSink) async throws {
        var parser = ServerSentEventParser()
        for try await piece in answer {
            for event in try parser.push(piece.readableBytesView) {
                if event.event == StreamEvent.endEvent { return }
                try await sink.send(event)
            }
        }
        // The room went away: the reader must not take that for the end, and comes back.
        throw StreamEnded.withoutEnd
    }

    /// A body of known length is passed on as it comes; one of unknown length is read first, so that its limit is found out here.
    private func body(
        of request: Request, _ length: Int64?, _ context: RoomContext
    ) async throws -> (any AsyncSequence<ByteBuffer, any Error> & Sendable)? {
        if let length { return length > 0 ? request.body : nil }
        guard request.headers[.transferEncoding] != nil else { return nil }
        return RequestBody(buffer: ByteBuffer(bytes: try await context.body(of: request)))
    }
}
