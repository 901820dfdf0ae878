import PlatformModel

/// One event of a stream: progress, events of a deployment, logs. The only stream type of the platform; on the wire a Server-Sent
/// Event whose data is one line of JSON.
package struct StreamEvent: Sendable, Hashable, Codable {
    /// Grows within its stream; a reader resumes after the last one that it saw (`Last-Event-ID`). Without line breaks and NUL.
    package var id: String
    /// The kind: `log`, `progress`, `message` when nothing is said.
    package var event: String
    package var data: JSON

    package init(id: String, event: String = "message", data: JSON) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// The event after which a stream has nothing more to say: a reader does not reconnect.
    package static let endEvent = "end"
}

extension StreamEvent {
    /// The event as Server-Sent Event text, with its empty line.
    package var encoded: String {
        "id: \(Self.field(id))\nevent: \(Self.field(event))\ndata: \(data.canonical)\n\n"
    }

    /// A comment: it keeps the connection from looking dead and is no event.
    package static let heartbeat = ": still here\n\n"

    /// An id or name comes from a database; a line break in it would begin another field.
    private static func field(_ text: String) -> String {
        text.contains { $0.isNewline || $0 == "\0" } ? String(text.filter { !$0.isNewline && $0 != "\0" }) : text
    }
}
