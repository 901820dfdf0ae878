import PlatformModel

/// How a scalar was written, as far as it decides its type.
package enum YAMLScalarStyle: Sendable, Hashable {
    /// Unquoted and untagged: its type follows from its text.
    case plain
    /// Quoted, a block, or tagged `!` or `!!str`: always a string.
    case quoted
    /// Tagged with one of the core schema's other types.
    case tagged(Tag)

    package enum Tag: Sendable, Hashable { case null, bool, int, float }
}

/// The type of a scalar by its text: the core schema of YAML 1.2 as Go's yaml.v3 reads it (`Tests/YAMLTests/Recorder`), because that is
/// what wrote the files we are given. `yes` and `on` are strings; `0o17`, `017`, `0x1f`, `0b11` and `1_000` are integers; a date is a
/// string.
package enum YAMLScalar {
    package static func value(of text: String, style: YAMLScalarStyle) -> JSON {
        switch style {
        case .quoted: return .string(text)
        case .plain: return plain(text)
        case .tagged(let tag): return tagged(text, tag) ?? .string(text)
        }
    }

    /// Nil when the text is not of the tagged type.
    static func tagged(_ text: String, _ tag: YAMLScalarStyle.Tag) -> JSON? {
        switch (tag, plain(text)) {
        case (.null, .null): .null
        case (.bool, .bool(let value)): .bool(value)
        case (.int, .int(let value)): .int(value)
        case (.float, .int(let value)): .double(Double(value))
        case (.float, .double(let value)): .double(value)
        default: nil
        }
    }

    static func plain(_ text: String) -> JSON {
        guard let first = text.utf8.first else { return .null }
        // No word is longer.
        if text.utf8.count <= 5, let value = word(text, first) { return value }
        // Only a digit, a sign or a dot begins a number; and no number is as long as a book.
        switch first {
        case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): break
        default: return .string(text)
        }
        guard text.utf8.count <= 400 else { return .string(text) }
        return number(Array(text.utf8)) ?? .string(text)
    }

    private static func word(_ text: String, _ first: UInt8) -> JSON? {
        // Nearly every text begins otherwise.
        switch first {
        case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"):
            if ["~", "null", "Null", "NULL"].contains(text) { return .null }
        case UInt8(ascii: "t"), UInt8(ascii: "T"):
            if ["true", "True", "TRUE"].contains(text) { return .bool(true) }
        case UInt8(ascii: "f"), UInt8(ascii: "F"):
            if ["false", "False", "FALSE"].contains(text) { return .bool(false) }
        case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
            switch text {
            case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF": return .double(.infinity)
            case "-.inf", "-.Inf", "-.INF": return .double(-.infinity)
            case ".nan", ".NaN", ".NAN": return .double(.nan)
            default: break
            }
        default: break
        }
        return nil
    }

    private static func number(_ bytes: [UInt8]) -> JSON? {
        let dot = bytes.first == UInt8(ascii: ".")
        let bytes = dot ? bytes : bytes.filter { $0 != UInt8(ascii: "_") }
        if !dot, let value = integer(bytes) { return value }
        guard isFloat(bytes) else { return nil }
        // A number that is too large for a double is none, as in Go.
        guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
        return .double(value)
    }

    /// `[+-]` then `0x`, `0o`, `0b` or `0` and digits of that base, or decimal digits.
    private static func integer(_ bytes: [UInt8]) -> JSON? {
        var digits = bytes[...]
        var sign = ""
        if let first = digits.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? "-" : ""
            digits.removeFirst()
        }
        var radix = 10
        if digits.count > 1, digits.first == UInt8(ascii: "0") {
            digits.removeFirst()
            radix = 8
            switch digits.first {
            case UInt8(ascii: "x"), UInt8(ascii: "X"): (radix, digits) = (16, digits.dropFirst())
            case UInt8(ascii: "o"), UInt8(ascii: "O"): digits.removeFirst()
            case UInt8(ascii: "b"), UInt8(ascii: "B"): (radix, digits) = (2, digits.dropFirst())
            default: break
            }
        }
        guard let first = digits.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-") else { return nil }
        let text = String(decoding: digits, as: UTF8.self)
        if let value = Int64(sign + text, radix: radix) { return .int(value) }
        if sign.isEmpty, let value = UInt64(text, radix: radix) { return .double(Double(value)) }
        return nil
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isFloat(_ bytes: [UInt8]) -> Bool {
        var index = 0
        func digits() -> Int {
            let start = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
            return index - start
        }
        func skip(_ set: StaticString) -> Bool {
            let found = index < bytes.count && set.withUTF8Buffer { $0.contains(bytes[index]) }
            if found { index += 1 }
            return found
        }
        _ = skip("+-")
        let whole = digits()
        if skip(".") {
            let fraction = digits()
            if whole == 0 && fraction == 0 { return false }
        } else if whole == 0 {
            return false
        }
        if skip("eE") {
            _ = skip("+-")
            if digits() == 0 { return false }
        }
        return index == bytes.count
    }
}
