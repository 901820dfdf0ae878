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
            body: ResponseBody { writer in
                let queue = EventQueue(limits: limits)
                let isWhole = await withTaskGroup(of: Void.self) { group in
                    feed(queue, &group)
                    let isWhole = await Self.drain(queue, into: &writer, cutting: context.connection, after: limits.stall)
                    queue.finish()
                    group.cancelAll()
                    return isWhole
                }
                // An answer that broke is not ended properly, so that no reader takes it for complete.
                guard isWhole else { throw CancellationError() }
                try await writer.finish(nil)
            })
    }

    private func feed(_ queue: EventQueue, _ group: inout TaskGroup<Void>) {
        // The head goes out with the first bytes, so that the reader knows at once that it is connected.
        _ = queue.offer(StreamEvent.heartbeat)
        group.addTask {
            do {
                try await RequestTrace.$id.withValue(context.requestID) { try await produce(EventSink(queue: queue)) }
                try await queue.send("event: \(StreamEvent.endEvent)\ndata: null\n\n")
            } catch is CancellationError {
                // The reader is gone, or the server drains.
            } catch {
                context.logger.error("a stream failed", metadata: ["cause": "\(error)"])
            }
            queue.finish()
        }
        group.addTask { [heartbeat = limits.heartbeat] in
            while (try? await Task.sleep(for: heartbeat)) != nil {
                if queue.isEmpty { _ = queue.offer(StreamEvent.heartbeat) }
            }
        }
        group.addTask {
            if (try? await gracefulShutdown()) != nil { queue.finish() }
        }
    }

    /// True when everything was written.
    private static func drain(
        _ queue: EventQueue, into writer: inout any ResponseBodyWriter, cutting connection: Connection, after stall: Duration
    ) async -> Bool {
        while let frames = await queue.next() {
            let cut = connection.channel.eventLoop.scheduleTask(in: TimeAmount(stall)) { connection.cut() }
            defer { cut.cancel() }
            do { try await writer.write(ByteBuffer(string: frames)) } catch { return false }
        }
        return !Task.isCancelled
    }
}
