import Hummingbird
import NIOCore
import ServiceLifecycle

/// A body that tasks feed through a bounded queue. A reader that does not read is cut; it ends when the server drains.
struct QueuedBody: Sendable {
    let connection: Connection
    let limits: StreamLimits
    /// Adds the tasks that fill the queue; one of them finishes it.
    let feed: @Sendable (EventQueue, inout TaskGroup<Void>) -> Void

    var responseBody: ResponseBody {
        ResponseBody { writer in
            let queue = EventQueue(limits: limits)
            let isWhole = await withTaskGroup(of: Void.self) { group in
                feed(queue, &group)
                group.addTask {
                    if (try? await gracefulShutdown()) != nil { queue.finish() }
                }
                let isWhole = await drain(queue, into: &writer)
                queue.finish()
                group.cancelAll()
                return isWhole
            }
            // An answer that broke is not ended properly, so that no reader takes it for complete.
            guard isWhole else { throw CancellationError() }
            try await writer.finish(nil)
        }
    }

    /// True when everything was written.
    private func drain(_ queue: EventQueue, into writer: inout any ResponseBodyWriter) async -> Bool {
        while let bytes = await queue.next() {
            let cut = connection.channel.eventLoop.scheduleTask(in: TimeAmount(limits.stall)) { [connection] in connection.cut() }
            defer { cut.cancel() }
            do { try await writer.write(bytes) } catch { return false }
        }
        return !Task.isCancelled && !queue.isBroken
    }
}
