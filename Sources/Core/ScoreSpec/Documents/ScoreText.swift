import PlatformModel

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
        guard text.holds(dollar) else { return text.isEmpty ? [] : [.literal(text)] }
        var text = text
        return text.withUTF8(parts)
    }

    private static func parts(of bytes: UnsafeBufferPointer<UInt8>) -> [Part] {
        var parts: [Part] = [], literal: [UInt8] = []
        let lastClose = bytes.lastIndex(of: close)
        func flush() {
            if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
            literal.removeAll(keepingCapacity: true)
        }
        var rest = bytes[...]
        while let start = rest.firstIndex(of: dollar) {
            literal += rest[..<start]
            rest = rest[(start + 1)...]
            let isEscaped = rest.first == dollar && rest.dropFirst().first == open
            if isEscaped || rest.first == open, let lastClose, rest.startIndex < lastClose, let end = rest.firstIndex(of: close) {
                let inner = String(decoding: rest[(rest.startIndex + (isEscaped ? 2 : 1))..<end], as: UTF8.self)
                flush()
                parts.append(isEscaped ? .escaped(inner) : .reference(inner))
                rest = rest[(end + 1)...]
            } else {
                literal.append(dollar)
                if rest.first == dollar { rest = rest.dropFirst() }
            }
        }
        literal += rest
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
        guard text.holds(backslash) else {
            var text = text
            return text.withUTF8 { bytes in
                bytes.split(separator: dot, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
            }
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
