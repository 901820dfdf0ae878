/// A text on its way to a Score file, in which marks stand for what will be a placeholder. A mark has no character that could be part
/// of an address, so that a URL can be taken apart with the marks in it.
struct ScoreTemplate: Hashable {
    /// With marks.
    var marked: String

    private static let open: Unicode.Scalar = "\u{F0000}"
    private static let close: Unicode.Scalar = "\u{F0001}"

    /// A text that stands for itself. The two marks cannot come in from outside.
    init(literal: String) {
        guard literal.unicodeScalars.contains(where: { $0 == Self.open || $0 == Self.close }) else {
            marked = literal
            return
        }
        var scalars = String.UnicodeScalarView()
        for scalar in literal.unicodeScalars { scalars.append(scalar == Self.open || scalar == Self.close ? "\u{FFFD}" : scalar) }
        marked = String(scalars)
    }

    init(marked: String) { self.marked = marked }

    /// A shared value or secret of the environment; a name that cannot be a key of one is made one.
    static func value(_ name: String) -> ScoreTemplate {
        let isKey =
            name.utf8.first.map { !(0x30...0x39).contains($0) && $0 != UInt8(ascii: "-") } == true
            && name.utf8.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
        return ScoreTemplate(marked: "\(open)env.\(isKey ? name : ScoreName.valueKey(name))\(close)")
    }

    /// An output of a resource.
    static func mark(resource: String, output: String) -> String { "\(open)\(resource).\(output)\(close)" }

    static func += (left: inout ScoreTemplate, right: ScoreTemplate) { left.marked += right.marked }

    var isLiteral: Bool { !marked.unicodeScalars.contains(Self.open) }

    /// The text, when nothing in it is a placeholder.
    var literal: String? { isLiteral ? marked : nil }

    /// What stands for itself between the marks, and the marks' references, in order.
    var parts: [(text: String, isReference: Bool)] {
        var parts: [(String, Bool)] = [], current = "".unicodeScalars
        for scalar in marked.unicodeScalars {
            if scalar == Self.open || scalar == Self.close {
                if !current.isEmpty { parts.append((String(current), scalar == Self.close)) }
                current = "".unicodeScalars
            } else {
                current.append(scalar)
            }
        }
        if !current.isEmpty { parts.append((String(current), false)) }
        return parts
    }

    /// As Score reads it: `${resources.X.Y}` for a mark, and every other text so that it stands for itself.
    var score: String {
        // A '$' right before a placeholder would escape it.
        let parts = parts
        var out = ""
        for (index, part) in parts.enumerated() {
            if part.isReference {
                out += "${resources.\(part.text)}"
            } else {
                out += Self.escaped(part.text, isBeforeReference: index + 1 < parts.count)
            }
        }
        return out
    }

    /// Doubles each '$' that Score would take for the beginning of something: of a run of them, or before a brace.
    static func escaped(_ text: String, isBeforeReference: Bool = false) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var out: [UInt8] = [], run = 0
        func flush(next: UInt8?) -> Int {
            let needsEscape = run > 1 || next == UInt8(ascii: "{") || (next == nil && isBeforeReference)
            return needsEscape ? 2 * run : run
        }
        for byte in text.utf8 {
            if byte == UInt8(ascii: "$") {
                run += 1
            } else {
                out += repeatElement(UInt8(ascii: "$"), count: flush(next: byte))
                run = 0
                out.append(byte)
            }
        }
        out += repeatElement(UInt8(ascii: "$"), count: flush(next: nil))
        return String(decoding: out, as: UTF8.self)
    }
}

extension ScoreTemplate {
    /// Replaces names of hosts where they stand as such: after `://` or `@`, or before `:` and a digit.
    mutating func replace(hosts: [String: String]) {
        guard !hosts.isEmpty else { return }
        let text = Array(marked.utf8)
        func isName(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf) || "._-".utf8.contains(byte)
        }
        var out: [UInt8] = [], index = 0
        while index < text.count {
            guard isName(text[index]) else {
                out.append(text[index])
                index += 1
                continue
            }
            let end = text[index...].firstIndex { !isName($0) } ?? text.count
            let isAfter =
                index > 0 && (text[index - 1] == UInt8(ascii: "@") || text[..<index].suffix(3).elementsEqual("://".utf8))
            let isBefore = end + 1 < text.count && text[end] == UInt8(ascii: ":") && (0x30...0x39).contains(text[end + 1])
            if isAfter || isBefore, let other = hosts[String(decoding: text[index..<end], as: UTF8.self)] {
                out += Array(other.utf8)
            } else {
                out += text[index..<end]
            }
            index = end
        }
        marked = String(decoding: out, as: UTF8.self)
    }
}
