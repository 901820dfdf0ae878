import PlatformModel

/// Writes YAML that reads back as the same value: block style, two spaces, sorted keys, a literal block for text of several lines,
/// quotes wherever a plain scalar could be taken for something else by this reader or by one of YAML 1.1. Equal values give equal text.
package struct YAMLWriter: Sendable {
    private let firstKeys: [String]

    /// `firstKeys` come first in every mapping, in this order; all others follow sorted.
    package init(firstKeys: [String] = []) { self.firstKeys = firstKeys }

    /// One document, ending in a newline.
    package func text(of value: JSON) -> String {
        var out = ""
        switch value {
        case .object(let members) where !members.isEmpty: write(members, indent: 0, into: &out)
        case .array(let elements) where !elements.isEmpty: write(elements, indent: 0, into: &out)
        default: out = Self.inline(value) + "\n"
        }
        return out
    }

    /// A stream of documents separated by `---`.
    package func text(of documents: [JSON]) -> String {
        documents.map { text(of: $0) }.joined(separator: "---\n")
    }

    private func write(_ members: [String: JSON], indent: Int, startsInLine: Bool = false, into out: inout String) {
        let first = firstKeys.filter { members[$0] != nil }
        let keys = first.isEmpty ? members.keys.sorted() : first + members.keys.filter { !first.contains($0) }.sorted()
        for (index, key) in keys.enumerated() {
            if index > 0 || !startsInLine { out += Self.spaces(indent) }
            let text = Self.inline(.string(key))
            // libyaml and others stop looking for the ':' of a simple key after 1024 characters.
            if text.utf8.count > 900 {
                out += "? \(text)\n\(Self.spaces(indent)):"
            } else {
                out += text + ":"
            }
            write(value: members[key, default: .null], indent: indent, into: &out)
        }
    }

    private func write(_ elements: [JSON], indent: Int, into out: inout String) {
        for element in elements {
            out += Self.spaces(indent) + "-"
            if case .object(let members) = element, !members.isEmpty {
                out += " "
                write(members, indent: indent + 2, startsInLine: true, into: &out)
            } else {
                write(value: element, indent: indent, into: &out)
            }
        }
    }

    /// What follows `key:` or `-` of a collection at `indent`, to the end of its last line.
    private func write(value: JSON, indent: Int, into out: inout String) {
        switch value {
        case .object(let members) where !members.isEmpty:
            out += "\n"
            write(members, indent: indent + 2, into: &out)
        case .array(let elements) where !elements.isEmpty:
            out += "\n"
            write(elements, indent: indent + 2, into: &out)
        case .string(let text) where Self.fitsLiteralBlock(text):
            let body = text.split(separator: "\n", omittingEmptySubsequences: false)
            let lines = text.hasSuffix("\n") ? body.dropLast() : body[...]
            out += text.hasSuffix("\n") ? " |\n" : " |-\n"
            for line in lines { out += line.isEmpty ? "\n" : Self.spaces(indent + 2) + line + "\n" }
        default:
            out += " \(Self.inline(value))\n"
        }
    }

    private static let indents = (0..<64).map { String(repeating: " ", count: $0) }

    private static func spaces(_ count: Int) -> String {
        count < indents.count ? indents[count] : String(repeating: " ", count: count)
    }

    /// A value on one line.
    private static func inline(_ value: JSON) -> String {
        switch value {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .double(let value):
            if value.isNaN { return ".nan" }
            if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
            return String(describing: value)
        case .array: return "[]"
        case .object: return "{}"
        case .string(let text): return isPlain(text) ? text : quoted(text)
        }
    }

    /// Several lines, none with blanks at its end, and nothing at the start that would need an indentation indicator.
    private static func fitsLiteralBlock(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return false }
        let scalars = text.unicodeScalars
        guard let first = scalars.first, first != " ", first != "\n", first != "\t" else { return false }
        var previous: Unicode.Scalar = "a", newlines = 0
        for scalar in scalars {
            if scalar == "\n", previous == " " || previous == "\t" { return false }
            guard scalar == "\n" || scalar == "\t" || isPrintable(scalar) else { return false }
            newlines = scalar == "\n" ? newlines + 1 : 0
            previous = scalar
        }
        return newlines <= 1 && previous != " " && previous != "\t"
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: scalar.value >= 0xA0
        }
    }

    private static func isPlain(_ text: String) -> Bool {
        if let known = isPlainWord(text) { return known }
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last, last != " ", last != ":" else { return false }
        guard isPrintable(first),
            first.value >= 0xA0 || first.properties.isAlphabetic || "0123456789/_$.(".unicodeScalars.contains(first)
        else { return false }
        // "..." at the start of a line ends a document; ".5" is a number.
        if first == ".", scalars.count > 1, scalars[1] != "/", !scalars[1].properties.isAlphabetic { return false }
        for (index, scalar) in scalars.enumerated() {
            guard isPrintable(scalar), scalar.value != 0xA0 else { return false }
            if scalar == ":", index + 1 < scalars.count, scalars[index + 1] == " " { return false }
            if scalar == "#", index > 0, scalars[index - 1] == " " { return false }
        }
        guard case .string = YAMLScalar.plain(text) else { return false }
        return !isSpecialInOldYAML(text)
    }

    /// The usual case without a look at Unicode: printable ASCII that begins with a letter, `/`, `_` or `$`, so that it is no number and no
    /// date. Nil for every other text.
    private static func isPlainWord(_ text: String) -> Bool? {
        var text = text
        return text.withUTF8 { bytes -> Bool? in
            guard let first = bytes.first, let last = bytes.last else { return nil }
            switch first {
            case 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "$"): break
            default: return nil
            }
            var previous = first
            for byte in bytes {
                guard (0x20...0x7e).contains(byte) else { return nil }
                if byte == UInt8(ascii: " "), previous == UInt8(ascii: ":") { return false }
                if byte == UInt8(ascii: "#"), previous == UInt8(ascii: " ") { return false }
                previous = byte
            }
            if last == UInt8(ascii: " ") || last == UInt8(ascii: ":") { return false }
            // `null`, `false`, `yes`, `off`: no word of them is longer.
            guard bytes.count <= 5 else { return true }
            return !words.contains(String(decoding: bytes, as: UTF8.self).lowercased())
        }
    }

    private static let words: Set<String> = ["null", "true", "false", "y", "n", "yes", "no", "on", "off"]

    /// Booleans, dates and base-60 numbers of YAML 1.1.
    private static func isSpecialInOldYAML(_ text: String) -> Bool {
        if ["y", "n", "yes", "no", "on", "off"].contains(text.lowercased()) { return true }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) || "-:.TtZz+_eE ".utf8.contains($0) }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where isPrintable(scalar): out.unicodeScalars.append(scalar)
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                out += "\\U" + String(repeating: "0", count: 8 - hex.utf8.count) + hex
            }
        }
        return out + "\""
    }
}
