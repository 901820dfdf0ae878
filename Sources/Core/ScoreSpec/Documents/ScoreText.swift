/// Text with placeholders, as Score reads it: `${a.b}` is one, `$${x}` is the text `${x}`, `$$` is `$`; a lone `$` and an unclosed
/// `${` are text (score-go: `\$((?:\$?{([^}]*)})|\$)`).
enum ScoreText {
    enum Part: Hashable {
        case literal(String)
        /// What stands between the braces.
        case reference(String)
        /// What stands between the braces of `$${...}`.
        case escaped(String)
    }

    private static let dollar = UInt8(ascii: "$"), open = UInt8(ascii: "{"), close = UInt8(ascii: "}")

    /// In linear time: by bytes, and no search for a `}` behind the last one.
    static func parts(of text: String) -> [Part] {
        let bytes = text.utf8
        guard bytes.contains(dollar) else { return text.isEmpty ? [] : [.literal(text)] }
        var parts: [Part] = [], literal = ""
        let lastClose = bytes.lastIndex(of: close)
        func flush() {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = ""
        }
        var rest = bytes[...]
        while let start = rest.firstIndex(of: dollar) {
            literal += text[rest.startIndex..<start]
            rest = rest[bytes.index(after: start)...]
            let isEscaped = rest.first == dollar && rest.dropFirst().first == open
            if isEscaped || rest.first == open, let lastClose, rest.startIndex < lastClose, let end = rest.firstIndex(of: close) {
                let inner = String(text[bytes.index(rest.startIndex, offsetBy: isEscaped ? 2 : 1)..<end])
                flush()
                parts.append(isEscaped ? .escaped(inner) : .reference(inner))
                rest = rest[bytes.index(after: end)...]
            } else {
                literal += "$"
                if rest.first == dollar { rest = rest.dropFirst() }
            }
        }
        literal += text[rest.startIndex...]
        flush()
        return parts
    }

    /// The parts of a reference between dots; `\.` is a dot, whatever stands before it.
    static func split(_ reference: String) -> [String] {
        split(reference, escapesBackslash: false)
    }

    /// The parts of an override's path: as `split`, and `\\` is a backslash.
    static func splitPath(_ path: String) -> [String] {
        split(path, escapesBackslash: true)
    }

    private static func split(_ text: String, escapesBackslash: Bool) -> [String] {
        let backslash = UInt8(ascii: "\\"), dot = UInt8(ascii: ".")
        guard text.utf8.contains(backslash) else {
            return text.utf8.split(separator: dot, omittingEmptySubsequences: false).map { String(Substring($0)) }
        }
        var segments: [[UInt8]] = [[]], bytes = text.utf8[...]
        while let byte = bytes.popFirst() {
            if byte == backslash, let next = bytes.first, next == dot || (escapesBackslash && next == backslash) {
                segments[segments.count - 1].append(next)
                bytes.removeFirst()
            } else if byte == dot {
                segments.append([])
            } else {
                segments[segments.count - 1].append(byte)
            }
        }
        return segments.map { String(decoding: $0, as: UTF8.self) }
    }
}
