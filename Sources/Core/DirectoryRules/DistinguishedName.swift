/// A distinguished name in a form that can be compared (RFC 4514): one spelling for all the ways to write it.
///
/// Values are compared without case and with runs of spaces as one, as most naming attributes are (RFC 4517 caseIgnoreMatch).
package struct DistinguishedName: Hashable, CustomStringConvertible {
    /// From the entry to the root; each `type=value`, several joined by `+`.
    private let parts: [String]

    package var isEmpty: Bool { parts.isEmpty }
    package var description: String { parts.joined(separator: ",") }

    /// nil when the text is no DN. The quoted values of LDAPv2 are refused: no server of today writes them.
    package init?(_ text: String) {
        guard !text.isEmpty else {
            parts = []
            return
        }
        var parts: [String] = []
        for component in Self.split(text, at: ",") {
            var assertions: [String] = []
            for assertion in Self.split(component, at: "+") {
                guard let normal = Self.normal(assertion) else { return nil }
                assertions.append(normal)
            }
            parts.append(assertions.sorted().joined(separator: "+"))
        }
        self.parts = parts
    }

    /// Whether this is the base itself or an entry below it.
    package func isWithin(_ base: DistinguishedName) -> Bool {
        parts.count >= base.parts.count && Array(parts.suffix(base.parts.count)) == base.parts
    }

    /// Splits where the separator is not escaped.
    private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
        var pieces: [String] = [], current = String.UnicodeScalarView(), escaped = false
        for scalar in text.unicodeScalars {
            if scalar == separator, !escaped {
                pieces.append(String(current))
                current = .init()
                continue
            }
            current.append(scalar)
            escaped = !escaped && scalar == "\\"
        }
        return pieces + [String(current)]
    }

    private static func normal(_ assertion: String) -> String? {
        guard let equals = assertion.firstIndex(of: "=") else { return nil }
        let type = trimmed(Array(assertion[..<equals].utf8)).lowercased()
        guard !type.isEmpty, type.utf8.allSatisfy({ isTypeByte($0) }) else { return nil }
        guard let value = unescaped(assertion[assertion.index(after: equals)...]), !value.isEmpty else { return nil }
        return type + "=" + value
    }

    private static func isTypeByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// The value, without case, its escapes read and put back in one way only.
    private static func unescaped(_ raw: Substring) -> String? {
        var bytes: [UInt8] = [], rest = Array(trimmed(Array(raw.utf8), keepEscapedEnd: true).utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return nil
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                if let high = hexValue(next), let low = rest.first.flatMap(hexValue) {
                    rest.removeFirst()
                    bytes.append(high << 4 | low)
                } else {
                    bytes.append(next)
                }
            default: bytes.append(byte)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let words = text.split(separator: " ").joined(separator: " ").lowercased()
        var out = ""
        for character in words {
            if ",+\"\\<>;=#".contains(character) || character == "\0" { out += "\\" }
            out.append(character == "\0" ? "0" : character)
        }
        return out
    }

    private static func trimmed(_ bytes: [UInt8], keepEscapedEnd: Bool = false) -> String {
        var slice = bytes[...]
        while slice.first == UInt8(ascii: " ") { slice.removeFirst() }
        while slice.last == UInt8(ascii: " "), !(keepEscapedEnd && slice.dropLast().last == UInt8(ascii: "\\")) {
            slice.removeLast()
        }
        return String(decoding: slice, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? { Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) }
}
