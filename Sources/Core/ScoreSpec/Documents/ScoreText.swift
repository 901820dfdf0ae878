/// Text with placeholders, as Score reads it: `${a.b}` is one, `$${x}` is the text `${x}`, `$$` is `$`; a lone `$` and an unclosed
/// `${` are text (score-go: `\$((?:\$?{([^}]*)})|\$)`).
enum ScoreText {
    enum Part: Hashable {
        case literal(String)
        /// What stands between the braces.
        case reference(String)
    }

    static func parts(of text: String) -> [Part] {
        var parts: [Part] = [], literal = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            literal += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            let isEscaped = rest.hasPrefix("${")
            if isEscaped || rest.hasPrefix("{"), let close = rest.firstIndex(of: "}") {
                let inner = rest[rest.index(rest.startIndex, offsetBy: isEscaped ? 2 : 1)..<close]
                rest = rest[rest.index(after: close)...]
                if isEscaped {
                    literal += "${\(inner)}"
                } else {
                    if !literal.isEmpty { parts.append(.literal(literal)) }
                    literal = ""
                    parts.append(.reference(String(inner)))
                }
            } else {
                literal += "$"
                if rest.first == "$" { rest.removeFirst() }
            }
        }
        literal += rest
        if !literal.isEmpty { parts.append(.literal(literal)) }
        return parts
    }

    /// The parts of a path between dots; `\.` is a dot.
    static func split(_ path: String) -> [String] {
        var segments = [""], isEscaped = false
        for character in path {
            if isEscaped {
                segments[segments.count - 1] += character == "." ? "." : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "." {
                segments.append("")
            } else {
                segments[segments.count - 1].append(character)
            }
        }
        if isEscaped { segments[segments.count - 1] += "\\" }
        return segments
    }
}
