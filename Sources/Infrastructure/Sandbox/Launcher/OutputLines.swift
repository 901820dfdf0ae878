/// Cuts one stream of output into lines.
struct OutputLines {
    static let mostBytes = 8000

    private var rest: [UInt8] = []

    /// The lines that are complete, or too long to wait for their end.
    mutating func take(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                lines.append(text())
            } else {
                rest.append(byte)
                if rest.count == Self.mostBytes { lines.append(text()) }
            }
        }
        return lines
    }

    /// What was printed without a line end.
    mutating func finish() -> String? { rest.isEmpty ? nil : text() }

    private mutating func text() -> String {
        if rest.last == UInt8(ascii: "\r") { rest.removeLast() }
        defer { rest.removeAll(keepingCapacity: true) }
        return String(decoding: rest, as: UTF8.self)
    }
}
