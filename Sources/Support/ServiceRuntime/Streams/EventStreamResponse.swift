import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceAPI
import ServiceLifecycle

/// An answer that is a stream of events (Server-Sent Events). Its buffer is bounded, comments keep it alive, a reader that does not
/// read is cut, and it ends when the server drains, so that the reader resumes elsewhere.
package struct EventStreamResponse: Sendable {
    private let context: RoomContext
    private let limits: StreamLimits
    private let produce: @Sendable (EventSink) async throws -> Void

    /// - Parameter produce: Sends events until there are no more; when it returns, the reader is told that the stream is complete
    ///   (`event: end`). When it throws, the connection breaks and the reader comes back.
    package init(
        _ context: RoomContext, limits: StreamLimits = StreamLimits(),
        produce: @escaping @Sendable (EventSink) async throws -> Void
    ) {
        self.context = context
        self.limits = limits
        self.produce = produce
    }

    /// The events of a sequence, pulled as the reader reads.
    package init<Events: AsyncSequence & Sendable>(
        _ context: RoomContext, limits: StreamLimits = StreamLimits(), events: Events
    ) where Events.Element == StreamEvent {
        self.init(context, limits: limits) { sink in
            for try await event in events { try await sink.send(event) }
        }
    }

    /// The event after which the reader wants to go on (`Last-Event-ID`, or `last_event_id` for those that cannot set headers).
    package static func lastEventID(of request: Request) -> String? {
        request.headers[RoomHeader.lastEventID] ?? request.uri.queryParameters["last_event_id"].map(String.init)
    }

    package func response() -> Response {
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: QueuedBody(connection: context.connection, limits: limits, feed: feed).responseBody)
    }

    @Sendable
    private func feed(_ queue: EventQueue, _ group: inout TaskGroup<Void>) {
        // The head goes out with the first bytes, so that the reader knows at once that it is connected.
        _ = queue.offer(ByteBuffer(string: StreamEvent.heartbeat))
        group.addTask {
            do {
                try await RequestTrace.$id.withValue(context.requestID) { try await produce(EventSink(queue: queue)) }
                try await queue.send(ByteBuffer(string: "event: \(StreamEvent.endEvent)\ndata: null\n\n"))
            } catch is CancellationError {
                // The reader is gone, or the server drains.
            } catch {
                context.logger.error("a stream failed", metadata: ["cause": "\(error)"])
                return queue.fail()
            }
            queue.finish()
        }
        group.addTask { [heartbeat = limits.heartbeat] in
            while (try? await Task.sleep(for: heartbeat)) != nil {
                if queue.isEmpty { _ = queue.offer(ByteBuffer(string: StreamEvent.heartbeat)) }
            }
        }
    }
}
