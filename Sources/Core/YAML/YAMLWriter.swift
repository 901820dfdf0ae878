import PlatformModel

/// Writes YAML that reads back as the same value: block style, two spaces, sorted keys, a literal block for text of several lines,
/// quotes wherever a plain scalar could be taken for something else by this reader or by one of YAML 1.1. Equal values give equal text.
package struct YAMLWriter: Sendable {
    private let firstKeys: [String]

    /// `firstKeys` come first in every mapping, in this order; all others follow sorted.
    package init(firstKeys: [String] = []) { self.firstKeys = firstKeys }

    /// One document, ending in a newline.
    package func text(of value: JSON) -> String {
        var out: [UInt8] = []
        write(value, into: &out)
        return String(decoding: out, as: UTF8.self)
    }

    /// A stream of documents separated by `---`.
    package func text(of documents: [JSON]) -> String {
        var out: [UInt8] = []
        for (index, document) in documents.enumerated() {
            if index > 0 { out += "---\n".utf8 }
            write(document, into: &out)
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Appends one document.
    private func write(_ value: JSON, into out: inout [UInt8]) {
        switch value {
        case .object(let members) where !members.isEmpty: write(members, indent: 0, into: &out)
        case .array(let elements) where !elements.isEmpty: write(elements, indent: 0, into: &out)
        default:
            Self.writeInline(value, into: &out)
            out.append(Self.newline)
        }
    }

    private func write(_ members: [String: JSON], indent: Int, startsInLine: Bool = false, into out: inout [UInt8]) {
        var isFirst = startsInLine
        for (key, value) in inOrder(members) {
            if !isFirst { Self.writeSpaces(indent, into: &out) }
            isFirst = false
            let start = out.count
            Self.writeText(key, into: &out)
            // libyaml and others stop looking for the ':' of a simple key after 1024 characters.
            if out.count - start > 900 {
                out.insert(contentsOf: "? ".utf8, at: start)
                out.append(Self.newline)
                Self.writeSpaces(indent, into: &out)
            }
            out.append(UInt8(ascii: ":"))
            write(value: value, indent: indent, into: &out)
        }
    }

    private func inOrder(_ members: [String: JSON]) -> [(key: String, value: JSON)] {
        var sorted = members.sorted { $0.key < $1.key }
        var place = 0
        for key in firstKeys {
            guard let index = sorted[place...].firstIndex(where: { $0.key == key }) else { continue }
            sorted.insert(sorted.remove(at: index), at: place)
            place += 1
        }
        return sorted
    }

    private func write(_ elements: [JSON], indent: Int, into out: inout [UInt8]) {
        for element in elements {
            Self.writeSpaces(indent, into: &out)
            out.append(UInt8(ascii: "-"))
            if case .object(let members) = element, !members.isEmpty {
                out.append(Self.space)
                write(members, indent: indent + 2, startsInLine: true, into: &out)
            } else {
                write(value: element, indent: indent, into: &out)
            }
        }
    }

    /// What follows `key:` or `-` of a collection at `indent`, to the end of its last line.
    private func write(value: JSON, indent: Int, into out: inout [UInt8]) {
        switch value {
        case .object(let members) where !members.isEmpty:
            out.append(Self.newline)
            write(members, indent: indent + 2, into: &out)
        case .array(let elements) where !elements.isEmpty:
            out.append(Self.newline)
            write(elements, indent: indent + 2, into: &out)
        case .string(let text) where YAMLScalarForm.fitsLiteralBlock(text):
            Self.writeLiteralBlock(text, indent: indent + 2, into: &out)
        default:
            out.append(Self.space)
            Self.writeInline(value, into: &out)
            out.append(Self.newline)
        }
    }

    private static let space = UInt8(ascii: " "), newline = UInt8(ascii: "\n")

    private static func writeSpaces(_ count: Int, into out: inout [UInt8]) {
        out.append(contentsOf: repeatElement(space, count: count))
    }

    private static func writeLiteralBlock(_ text: String, indent: Int, into out: inout [UInt8]) {
        var text = text
        text.withUTF8 { bytes in
            let endsLine = bytes.last == newline
            out += (endsLine ? " |\n" : " |-\n").utf8
            var rest = endsLine ? bytes.dropLast() : bytes[...]
            while true {
                let end = rest.firstIndex(of: newline) ?? rest.endIndex
                if end > rest.startIndex { writeSpaces(indent, into: &out) }
                out.append(contentsOf: rest[..<end])
                out.append(newline)
                guard end < rest.endIndex else { return }
                rest = rest[(end + 1)...]
            }
        }
    }

    /// A value on one line.
    private static func writeInline(_ value: JSON, into out: inout [UInt8]) {
        switch value {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .int(let value): out += String(value).utf8
        case .double(let value) where value.isNaN: out += ".nan".utf8
        case .double(let value) where value.isInfinite: out += (value < 0 ? "-.inf" : ".inf").utf8
        case .double(let value): out += String(describing: value).utf8
        case .array: out += "[]".utf8
        case .object: out += "{}".utf8
        case .string(let text): writeText(text, into: &out)
        }
    }

    private static func writeText(_ text: String, into out: inout [UInt8]) {
        guard YAMLScalarForm.isPlain(text) else { return writeQuoted(text, into: &out) }
        var text = text
        text.withUTF8 { out.append(contentsOf: $0) }
    }

    private static func writeQuoted(_ text: String, into out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\"".utf8
            case "\\": out += "\\\\".utf8
            case "\n": out += "\\n".utf8
            case "\r": out += "\\r".utf8
            case "\t": out += "\\t".utf8
            case _ where YAMLScalarForm.isPrintable(scalar): out += UTF8.encode(scalar).map { Array($0) } ?? []
            default:
                let hex = String(scalar.value, radix: 16, uppercase: true)
                out += ("\\U" + String(repeating: "0", count: 8 - hex.utf8.count) + hex).utf8
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
