import NIOCore
import ServiceAPI

/// Where a route writes the events of a stream.
package struct EventSink: Sendable {
    let queue: EventQueue

    /// Sends an event; waits while the reader is behind. Throws when the reader is gone or the server drains: the route then ends, and
    /// the reader comes back for what follows its last event.
    package func send(_ event: StreamEvent) async throws(CancellationError) {
        try await queue.send(ByteBuffer(string: event.encoded))
    }

    /// Sends an event without waiting. A reader that is so far behind that there is no room is cut: false, and the stream is over.
    package func offer(_ event: StreamEvent) -> Bool {
        if queue.offer(ByteBuffer(string: event.encoded)) { return true }
        queue.finish()
        return false
    }

    /// Whether the reader is gone or the server drains.
    package var isClosed: Bool { queue.isFinished }
}
