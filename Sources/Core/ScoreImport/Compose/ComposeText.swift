/// A text of a Compose file, in which `${NAME}`, `${NAME:-default}`, `$NAME` and so on are filled in by whoever starts it.
struct ComposeText {
    enum Piece: Hashable {
        case literal(String)
        /// A variable that must be given.
        case variable(String)
        /// A variable, and the text that stands in for it.
        case fallback(String, ComposeText)
    }

    private(set) var pieces: [Piece] = []

    init(_ text: String) {
        var parser = ComposeTextParser(text)
        pieces = parser.pieces(depth: 0)
    }

    init(pieces: [Piece]) { self.pieces = pieces }

    /// The variables without a stand-in.
    var variables: [String] {
        pieces.flatMap { piece -> [String] in
            switch piece {
            case .literal: []
            case .variable(let name): [name]
            case .fallback(_, let text): text.variables
            }
        }
    }

    /// The variables whose stand-in is used.
    var defaulted: [String] {
        pieces.compactMap { if case .fallback(let name, _) = $0 { name } else { nil } }
    }

    /// With every stand-in, and a mark for each other variable.
    var template: ScoreTemplate {
        var template = ScoreTemplate(literal: "")
        for piece in pieces {
            switch piece {
            case .literal(let text): template += ScoreTemplate(literal: text)
            case .variable(let name): template += .value(name)
            case .fallback(_, let text): template += text.template
            }
        }
        return template
    }

    /// With every stand-in; another variable stays as `${NAME}`.
    var plain: String {
        pieces.map { piece in
            switch piece {
            case .literal(let text): text
            case .variable(let name): "${\(name)}"
            case .fallback(_, let text): text.plain
            }
        }.joined()
    }
}

extension ComposeText: Hashable {}

/// Reads what the Compose specification calls interpolation; what it would refuse stays as it is.
private struct ComposeTextParser {
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    /// Up to the end, or to the brace that closes the variable in whose stand-in this is.
    mutating func pieces(depth: Int) -> [ComposeText.Piece] {
        var pieces: [ComposeText.Piece] = [], literal: [UInt8] = []
        func flush() {
            if !literal.isEmpty { pieces.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal = []
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "}"), depth > 0 { break }
            guard byte == UInt8(ascii: "$"), index + 1 < bytes.count else {
                literal.append(byte)
                index += 1
                continue
            }
            let next = bytes[index + 1]
            if next == UInt8(ascii: "$") {
                literal.append(byte)
                index += 2
            } else if next == UInt8(ascii: "{"), depth < 10, let piece = braced(depth: depth) {
                flush()
                pieces += piece
            } else if Self.isNameStart(next) {
                flush()
                index += 1
                pieces.append(.variable(name()))
            } else {
                literal.append(byte)
                index += 1
            }
        }
        flush()
        return pieces
    }

    /// `${NAME}`, `${NAME:-text}` and so on; nil, and nothing read, where it is not one.
    private mutating func braced(depth: Int) -> [ComposeText.Piece]? {
        let start = index
        index += 2
        guard index < bytes.count, Self.isNameStart(bytes[index]) else {
            index = start
            return nil
        }
        let name = name()
        var operation: UInt8?
        if index < bytes.count, bytes[index] == UInt8(ascii: ":") { index += 1 }
        if index < bytes.count, "-?+".utf8.contains(bytes[index]) {
            operation = bytes[index]
            index += 1
        }
        let rest = operation == nil ? [] : pieces(depth: depth + 1)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else {
            index = start
            return nil
        }
        index += 1
        switch operation {
        case UInt8(ascii: "-"): return [.fallback(name, ComposeText(pieces: rest))]
        // Without the variable it is empty.
        case UInt8(ascii: "+"): return [.fallback(name, ComposeText(pieces: []))]
        default: return [.variable(name)]
        }
    }

    private mutating func name() -> String {
        let start = index
        while index < bytes.count, Self.isNameStart(bytes[index]) || (0x30...0x39).contains(bytes[index]) { index += 1 }
        return String(decoding: bytes[start..<index], as: UTF8.self)
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }
}
