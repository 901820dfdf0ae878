import PlatformModel

/// A text cut into literal text and placeholders (humanitec.md 2.3). `$\{` stands for a literal `${`.
package struct PlaceholderText: Sendable, Hashable {
    package enum Piece: Sendable, Hashable {
        case literal(String)
        case placeholder(Placeholder)
    }

    package var pieces: [Piece]

    package init(pieces: [Piece]) { self.pieces = pieces }

    /// Reads a text in one pass over its bytes.
    package init(_ text: String) throws(PlaceholderSyntaxError) {
        guard Self.needsReading(text) else {
            pieces = text.isEmpty ? [] : [.literal(text)]
            return
        }
        var reader = PlaceholderReader(text)
        pieces = try reader.readAll()
    }

    /// The only placeholder, when the text is nothing else: its value keeps its type.
    package var single: Placeholder? {
        guard pieces.count == 1, case .placeholder(let placeholder)? = pieces.first else { return nil }
        return placeholder
    }

    package var placeholders: [Placeholder] {
        pieces.compactMap { if case .placeholder(let placeholder) = $0 { placeholder } else { nil } }
    }

    /// The text that reads back as these pieces.
    package var text: String {
        pieces.map { piece in
            switch piece {
            case .literal(let literal): Self.escape(literal)
            case .placeholder(let placeholder): placeholder.description
            }
        }.joined()
    }

    /// A text that reads back as this literal.
    package static func escape(_ literal: String) -> String {
        guard needsReading(literal) else { return literal }
        var out: [UInt8] = []
        for byte in literal.utf8 {
            if byte == UInt8(ascii: "{"), out.last == UInt8(ascii: "$") { out.append(UInt8(ascii: "\\")) }
            out.append(byte)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Whether a text holds anything but itself.
    static func needsReading(_ text: String) -> Bool { text.holds(UInt8(ascii: "$")) }
}

/// The cursor over a text's bytes.
private struct PlaceholderReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { wanted in
            index + wanted.count <= bytes.count && wanted.indices.allSatisfy { bytes[index + $0] == wanted[$0] }
        }
    }

    mutating func readAll() throws(PlaceholderSyntaxError) -> [PlaceholderText.Piece] {
        var pieces: [PlaceholderText.Piece] = []
        var literal: [UInt8] = []
        while index < bytes.count {
            if starts(with: "$\\{") {
                literal += [UInt8(ascii: "$"), UInt8(ascii: "{")]
                index += 3
            } else if starts(with: "${") {
                if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
                literal = []
                pieces.append(.placeholder(try readPlaceholder()))
            } else {
                // Up to the next one in one piece.
                let end = bytes[(index + 1)...].firstIndex(of: UInt8(ascii: "$")) ?? bytes.endIndex
                literal += bytes[index..<end]
                index = end
            }
        }
        if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
        return pieces
    }

    private mutating func readPlaceholder() throws(PlaceholderSyntaxError) -> Placeholder {
        let start = index
        index += 2
        var path = [try readBare(start)]
        while true {
            switch byte {
            case UInt8(ascii: "}"):
                index += 1
                return Placeholder(path: path, offset: start)
            case UInt8(ascii: "."):
                index += 1
                path.append(try readBare(start))
            case UInt8(ascii: "["):
                index += 1
                path.append(try readBracketed(start))
            case nil:
                throw error(start, "'${' is never closed by '}'; write '$\\{' for a literal '${'")
            default:
                throw error(index, "'\(found)' cannot stand in a placeholder here; '.', '[' or '}' can")
            }
        }
    }

    private mutating func readBare(_ start: Int) throws(PlaceholderSyntaxError) -> String {
        let from = index
        while let byte, Placeholder.isBare(byte) { index += 1 }
        guard index > from else {
            guard byte != nil else { throw error(start, "'${' is never closed by '}'; write '$\\{' for a literal '${'") }
            throw error(index, starts(with: "{") ? "a placeholder cannot hold another one" : "a name is needed before '\(found)'")
        }
        return String(decoding: bytes[from..<index], as: UTF8.self)
    }

    private mutating func readBracketed(_ start: Int) throws(PlaceholderSyntaxError) -> String {
        guard let quote = byte, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            let from = index
            while let byte, (0x30...0x39).contains(byte) { index += 1 }
            guard index > from, byte == UInt8(ascii: "]") else {
                throw error(index, "a quoted name or a number is needed after '['")
            }
            index += 1
            return String(decoding: bytes[from..<(index - 1)], as: UTF8.self)
        }
        let open = index
        index += 1
        var name: [UInt8] = []
        while let byte, byte != quote {
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count { index += 1 }
            name.append(bytes[index])
            index += 1
        }
        guard byte != nil else { throw error(open, "this quote is never closed") }
        index += 1
        guard byte == UInt8(ascii: "]") else { throw error(index, "']' is needed after the quoted name") }
        index += 1
        return String(decoding: name, as: UTF8.self)
    }

    /// The character at the cursor, for a message.
    private var found: String {
        guard index < bytes.count else { return "the end" }
        return String(decoding: bytes[index...].prefix(4), as: UTF8.self).first.map(String.init) ?? ""
    }

    private func error(_ offset: Int, _ reason: String) -> PlaceholderSyntaxError {
        let position = PlaceholderText.position(of: offset, in: bytes)
        return PlaceholderSyntaxError(offset: offset, line: position.line, column: position.column, reason: reason)
    }
}

extension PlaceholderText {
    /// Line and column of a byte, from 1.
    static func position(of offset: Int, in bytes: some Collection<UInt8>) -> (line: Int, column: Int) {
        var line = 1, column = 1
        for byte in bytes.prefix(offset) {
            if byte == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        return (line, column)
    }
}
