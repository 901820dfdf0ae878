/// The lines of an `env_file`: `NAME=value`, with `#` comments, `export` and quotes as Compose reads them.
enum EnvironmentFile {
    struct Line {
        var name: String
        /// Nil for a name alone: the value is that of whoever starts it.
        var value: ComposeText?
    }

    static func lines(of text: String) -> [Line] {
        var lines: [Line] = []
        for raw in text.utf8.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            var line = trimmed(raw)
            if line.starts(with: "export ".utf8) { line = trimmed(line.dropFirst("export ".utf8.count)) }
            guard let first = line.first, first != UInt8(ascii: "#") else { continue }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")) else {
                lines.append(Line(name: string(line), value: nil))
                continue
            }
            let name = string(trimmed(line[..<equals]))
            if !name.isEmpty { lines.append(Line(name: name, value: value(trimmed(line[line.index(after: equals)...])))) }
        }
        return lines
    }

    private static func value(_ text: Substring.UTF8View) -> ComposeText {
        guard let quote = text.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
            // A comment begins after a blank.
            var end = text.startIndex, previous: UInt8 = UInt8(ascii: " ")
            while end < text.endIndex, !(text[end] == UInt8(ascii: "#") && previous == UInt8(ascii: " ")) {
                previous = text[end]
                end = text.index(after: end)
            }
            return ComposeText(string(trimmed(text[..<end])))
        }
        let inner = text.dropFirst()
        let body = inner[..<(inner.lastIndex(of: quote) ?? inner.endIndex)]
        guard quote == UInt8(ascii: "\"") else { return ComposeText(pieces: [.literal(string(body))]) }
        return ComposeText(unescaped(body))
    }

    private static func unescaped(_ text: Substring.UTF8View) -> String {
        var out: [UInt8] = [], isEscaped = false
        for byte in text {
            if isEscaped {
                switch byte {
                case UInt8(ascii: "n"): out.append(0x0A)
                case UInt8(ascii: "r"): out.append(0x0D)
                case UInt8(ascii: "t"): out.append(0x09)
                case UInt8(ascii: "$"): out += Array("$$".utf8)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(byte)
                default: out += [UInt8(ascii: "\\"), byte]
                }
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                out.append(byte)
            }
        }
        if isEscaped { out.append(UInt8(ascii: "\\")) }
        return String(decoding: out, as: UTF8.self)
    }

    private static func trimmed(_ text: Substring.UTF8View) -> Substring.UTF8View {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    private static func string(_ text: Substring.UTF8View) -> String { String(Substring(text)) }
}
