/// Cuts a stream of bytes into lines, in bounded memory whatever arrives.
package struct LineSplitter: Sendable {
    /// A line that is cut, in bytes (the peer's limit as well: reliability of Loki).
    package static let maximumLength = 256 * 1024

    package struct Line: Sendable, Hashable {
        package var bytes: [UInt8]
        /// Bytes of the line that were left out at its end.
        package var omitted: Int
    }

    private let maximumLength: Int
    private var bytes: [UInt8] = []
    private var omitted = 0

    package init(maximumLength: Int = LineSplitter.maximumLength) { self.maximumLength = max(1, maximumLength) }

    /// The lines that end in these bytes. A carriage return before the line's end belongs to the end.
    package mutating func split(_ chunk: some Sequence<UInt8>) -> [Line] {
        var lines: [Line] = []
        for byte in chunk {
            if byte == UInt8(ascii: "\n") {
                lines.append(take())
            } else if bytes.count < maximumLength {
                bytes.append(byte)
            } else {
                omitted += 1
            }
        }
        return lines
    }

    /// The last line, when the stream did not end with a line's end.
    package mutating func finish() -> Line? { bytes.isEmpty ? nil : take() }

    private mutating func take() -> Line {
        if omitted == 0, bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        defer {
            bytes = []
            omitted = 0
        }
        return Line(bytes: bytes, omitted: omitted)
    }
}
