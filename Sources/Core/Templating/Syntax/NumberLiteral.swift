/// A number in a template: it may be an integer, a float, or either, by how it is written.
struct NumberLiteral: Sendable {
    let text: String
    var integer: Int64?
    var unsigned: UInt64?
    var float: Double?
    /// `2i`, `1+2i`.
    var complex: ComplexNumber?

    /// Reads Go's forms: decimal, 0x, 0o, 0b, underscores, exponents and character constants.
    /// - Returns: nil when the text is not a number that Go has.
    init?(_ text: String, isCharacter: Bool = false) {
        self.text = text
        if isCharacter {
            guard let unquoted = Unquote.character(Array(text.utf8)) else { return nil }
            integer = Int64(unquoted.value)
            unsigned = UInt64(unquoted.value)
            float = Double(unquoted.value)
            return
        }
        if text.hasSuffix("i"), let complex = Self.complex(text.dropLast()) {
            self.complex = complex
            if complex.imaginary == 0 {
                float = complex.real
                integer = Int64(exactly: complex.real)
            }
            return
        }
        integer = Self.integer(text)
        unsigned = text.hasPrefix("-") ? (integer == 0 ? 0 : nil) : Self.magnitude(Self.unsigned(text))
        if integer == nil, unsigned == nil {
            guard let value = Self.floating(text) else { return nil }
            // "1e3" is an integer too; an overflowing integer is an error.
            if !text.contains(where: { ".eEpP".contains($0) }) { return nil }
            float = value
            if let whole = Int64(exactly: value) {
                integer = whole
                unsigned = UInt64(exactly: whole)
            }
        } else {
            float = integer.map(Double.init) ?? unsigned.map(Double.init)
        }
    }

    /// Whether it stands for a float where nothing says which type is wanted.
    var isFloatByForm: Bool {
        float != nil && !isHexInteger && !text.hasPrefix("'") && text.contains { ".eEpP".contains($0) }
    }

    private var isHexInteger: Bool {
        let lower = text.lowercased()
        return lower.utf8.count > 2 && lower.hasPrefix("0x") && !lower.contains("p")
    }

    /// Whether the text is refused because it is an integer of more than 64 bits, or one like `09` that reads as a float alone.
    static func overflows(_ text: String) -> Bool {
        floating(text) != nil && !text.contains { ".eEpP".contains($0) }
    }

    /// A number without its `i`, maybe after a real part.
    private static func complex(_ text: Substring) -> ComplexNumber? {
        func part(_ text: Substring) -> Double? {
            if let value = floating(String(text)) { return value }
            return magnitude(unsigned(String(text))).map { text.hasPrefix("-") ? -Double($0) : Double($0) }
        }
        if let imaginary = part(text) { return ComplexNumber(real: 0, imaginary: imaginary) }
        for index in text.indices.dropFirst().reversed() where text[index] == "+" || text[index] == "-" {
            if let real = part(text[..<index]), let imaginary = part(text[index...]) {
                return ComplexNumber(real: real, imaginary: imaginary)
            }
        }
        return nil
    }

    private static func unsigned(_ text: String) -> String {
        text.hasPrefix("+") || text.hasPrefix("-") ? String(text.dropFirst()) : text
    }

    private static func integer(_ text: String) -> Int64? {
        guard let magnitude = magnitude(unsigned(text)) else { return nil }
        if text.hasPrefix("-") {
            return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    private static func magnitude(_ text: String) -> UInt64? {
        var radix = 10, digits = text[...]
        let lower = text.lowercased()
        if lower.hasPrefix("0x") {
            (radix, digits) = (16, digits.dropFirst(2))
        } else if lower.hasPrefix("0o") {
            (radix, digits) = (8, digits.dropFirst(2))
        } else if lower.hasPrefix("0b") {
            (radix, digits) = (2, digits.dropFirst(2))
        } else if text.hasPrefix("0"), text.utf8.count > 1 {
            (radix, digits) = (8, digits.dropFirst())
        }
        guard !digits.hasPrefix("+"), !digits.hasPrefix("-"), separatesDigits(text) else { return nil }
        return UInt64(digits.filter { $0 != "_" }, radix: radix)
    }

    /// Whether every underscore stands between two digits, or behind the prefix of a base.
    private static func separatesDigits(_ text: String) -> Bool {
        guard text.utf8.contains(UInt8(ascii: "_")) else { return true }
        var rest = unsigned(text).lowercased()[...], afterDigit = false, afterUnderscore = false
        let isHex = rest.hasPrefix("0x")
        if isHex || rest.hasPrefix("0o") || rest.hasPrefix("0b") {
            rest = rest.dropFirst(2)
            afterDigit = true
        }
        for byte in rest.utf8 {
            let isDigit = (0x30...0x39).contains(byte) || isHex && (0x61...0x66).contains(byte)
            let isUnderscore = byte == UInt8(ascii: "_")
            if isUnderscore ? !afterDigit : afterUnderscore && !isDigit { return false }
            (afterDigit, afterUnderscore) = (isDigit, isUnderscore)
        }
        return !afterUnderscore
    }

    private static func floating(_ text: String) -> Double? {
        let plain = text.filter { $0 != "_" }
        guard plain.contains(where: { $0.isASCII && $0.isHexDigit }), separatesDigits(text) else { return nil }
        // A hexadecimal float has an exponent.
        if unsigned(plain).lowercased().hasPrefix("0x"), !plain.contains(where: { "pP".contains($0) }) { return nil }
        var forSwift = plain
        if forSwift.hasSuffix(".") { forSwift += "0" }
        guard let value = Double(forSwift), value.isFinite else { return nil }
        return value
    }
}
