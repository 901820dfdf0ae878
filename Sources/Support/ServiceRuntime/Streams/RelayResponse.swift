import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceAPI

/// Another room's answer, passed on as it comes: status, headers and body. What the gateway does with what it forwards.
package enum RelayResponse {
    /// Bodies that are not longer are read whole and written with their head, in one piece; bytes.
    private static let short = 64 << 10

    /// An event stream ends when this server drains (its reader resumes); any other body is passed on to its end. Either way a slow
    /// reader slows the room, one that does not read is cut, and a body that breaks off is not ended properly.
    ///
    /// - Parameter guarding: Runs beside an event stream; when it returns, the stream is broken off.
    /// - Throws: `RoomError` when a short body breaks off.
    package static func response(
        _ answer: HTTPBodyStream, _ context: RoomContext, limits: StreamLimits = StreamLimits(),
        guarding: (@Sendable () async -> Void)? = nil
    ) async throws -> Response {
        let isEvents = answer.headers[.contentType]?.hasPrefix("text/event-stream") == true
        let status = HTTPResponse.Status(code: answer.status)
        if isEvents {
            let body = QueuedBody(connection: context.connection, limits: limits) { queue, group in
                group.addTask { await pump(answer, into: queue, context) }
                guard let guarding else { return }
                group.addTask {
                    await guarding()
                    queue.fail()
                }
            }
            return Response(status: status, headers: answer.headers, body: body.responseBody)
        }
        let length = answer.headers[.contentLength].flatMap(Int.init)
        if let length, length <= short {
            let bytes = try await answer.collect(upTo: short)
            return Response(status: status, headers: answer.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        let connection = context.connection
        let body = ResponseBody(contentLength: length) { writer in
            for try await piece in answer {
                let cut = connection.channel.eventLoop.scheduleTask(in: TimeAmount(limits.stall)) { connection.cut() }
                defer { cut.cancel() }
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        return Response(status: status, headers: answer.headers, body: body)
    }

    private static func pump(_ answer: HTTPBodyStream, into queue: EventQueue, _ context: RoomContext) async {
        do {
            for try await piece in answer { try await queue.send(piece) }
            queue.finish()
        } catch is CancellationError {
            queue.finish()
        } catch {
            context.logger.warning("a relayed stream broke", metadata: ["cause": "\(error)"])
            queue.fail()
        }
    }
}
