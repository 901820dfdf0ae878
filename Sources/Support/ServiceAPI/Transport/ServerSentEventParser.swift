import PlatformModel

/// Reads Server-Sent Events (WHATWG HTML, 9.2.6) from bytes in any pieces. Lines and events are bounded.
package struct ServerSentEventParser: Sendable {
    /// A stream that is no stream of ours.
    package struct Overflow: Error, Sendable, Hashable, CustomStringConvertible {
        package let limit: Int
        package var description: String { "an event is larger than \(limit) bytes" }
    }

    /// Bytes of one line, and of the data of one event.
    package let limit: Int
    /// The id of the last whole event; what a reconnect sends.
    package private(set) var lastEventID: String
    /// What the server asked to wait before a reconnect.
    package private(set) var retryMilliseconds: Int?

    /// The last id told; it counts only once its event is whole, or a broken connection would lose that event.
    private var idTold: String
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var event = ""
    private var afterCarriageReturn = false
    /// Bytes of a byte order mark that may stand at the very start.
    private var markSeen: Int? = 0

    package init(lastEventID: String = "", limit: Int = 1 << 20) {
        self.lastEventID = lastEventID
        self.idTold = lastEventID
        self.limit = limit
    }

    /// The events that these bytes complete. An event whose empty line has not come is not told, as the standard has it.
    package mutating func push(_ bytes: some Sequence<UInt8>) throws(Overflow) -> [StreamEvent] {
        var events: [StreamEvent] = []
        for byte in bytes {
            if skipsMark(byte) { continue }
            if afterCarriageReturn {
                afterCarriageReturn = false
                if byte == 0x0a { continue }
            }
            switch byte {
            case 0x0a, 0x0d:
                afterCarriageReturn = byte == 0x0d
                if let event = try endLine() { events.append(event) }
            default:
                guard line.count < limit else { throw Overflow(limit: limit) }
                line.append(byte)
            }
        }
        return events
    }

    private mutating func skipsMark(_ byte: UInt8) -> Bool {
        guard let seen = markSeen else { return false }
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        guard byte == mark[seen] else {
            markSeen = nil
            line.append(contentsOf: mark[..<seen])
            return false
        }
        markSeen = seen == 2 ? nil : seen + 1
        return true
    }

    private mutating func endLine() throws(Overflow) -> StreamEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        if line.isEmpty { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = line[min(colon + 1, line.endIndex)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        switch String(decoding: line[..<colon], as: UTF8.self) {
        case "data":
            guard data.count + value.count < limit else { throw Overflow(limit: limit) }
            if hasData { data.append(0x0a) }
            data.append(contentsOf: value)
            hasData = true
        case "event": event = String(decoding: value, as: UTF8.self)
        case "id": if !value.contains(0) { idTold = String(decoding: value, as: UTF8.self) }
        case "retry":
            if !value.isEmpty, value.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                retryMilliseconds = Int(String(decoding: value, as: UTF8.self))
            }
        default: break  // A comment (an empty name) or a field that the standard does not know.
        }
        return nil
    }

    private mutating func dispatch() -> StreamEvent? {
        defer {
            data.removeAll(keepingCapacity: true)
            hasData = false
            event = ""
        }
        lastEventID = idTold
        guard hasData, !data.isEmpty else { return nil }
        // Foreign streams may carry plain text; ours are JSON.
        let value = (try? JSON.parse(data)) ?? .string(String(decoding: data, as: UTF8.self))
        return StreamEvent(id: lastEventID, event: event.isEmpty ? "message" : event, data: value)
    }
}
