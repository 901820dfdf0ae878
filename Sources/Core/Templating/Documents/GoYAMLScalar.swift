import PlatformModel
import YAML

/// How Go's `yaml.v2`, which is behind Helm's YAML functions, takes an unquoted text. It is YAML 1.1: `yes`, `on` and `y` are booleans.
enum GoYAMLScalar {
    case string
    case null
    case bool(Bool)
    case int(Int64)
    /// An integer that only 64 bits without a sign hold.
    case unsigned(UInt64)
    case float(Double)
    /// Read as a string, and quoted when it is written.
    case timestamp

    init(_ text: String) {
        guard let first = text.utf8.first else {
            self = .null
            return
        }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            if Self.isTimestamp(text) {
                self = .timestamp
                return
            }
            switch YAMLScalar.value(of: text, style: .plain) {
            case .int(let value): self = .int(value)
            case .double(let value): self = Self.unsigned(text).map { .unsigned($0) } ?? .float(value)
            default: self = .string
            }
        default: self = Self.words[text] ?? .string
        }
    }

    var isString: Bool { if case .string = self { true } else { false } }

    private static let words: [String: GoYAMLScalar] = {
        var words: [String: GoYAMLScalar] = ["~": .null, "null": .null, "Null": .null, "NULL": .null]
        for (word, value) in [("y", true), ("yes", true), ("true", true), ("on", true)] + [
            ("n", false), ("no", false), ("false", false), ("off", false),
        ] {
            words[word] = .bool(value)
            words[word.uppercased()] = .bool(value)
            words[word.prefix(1).uppercased() + word.dropFirst()] = .bool(value)
        }
        return words
    }()

    private static let layouts = [
        "2006-1-2T15:4:5.999999999Z07:00", "2006-1-2t15:4:5.999999999Z07:00", "2006-1-2 15:4:5.999999999", "2006-1-2",
    ].map { Array($0.utf8) }

    private static func isTimestamp(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count > 4, bytes.count < 64, bytes[4] == UInt8(ascii: "-"),
            bytes[..<4].allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        return layouts.contains { (try? TimeParser.parse(bytes, layout: $0)) != nil }
    }

    private static func unsigned(_ text: String) -> UInt64? {
        let digits = text.replacing("_", with: "")
        for (prefix, radix) in [("0x", 16), ("0X", 16), ("0o", 8), ("0O", 8), ("0b", 2), ("0B", 2)] where digits.hasPrefix(prefix)
        {
            return UInt64(digits.dropFirst(2), radix: radix)
        }
        guard let first = digits.utf8.first, (0x30...0x39).contains(first) else { return nil }
        return UInt64(digits, radix: digits.hasPrefix("0") ? 8 : 10)
    }

    /// `12:30:45`, a number to the base of 60: never read as one, but quoted.
    static func isBase60(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
        guard let first = rest.first, (0x30...0x39).contains(first) else { return false }
        rest = rest.drop { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        var groups = 0
        while rest.first == UInt8(ascii: ":") {
            let digits = Array(rest.dropFirst().prefix { (0x30...0x39).contains($0) }.prefix(2))
            guard !digits.isEmpty else { return false }
            // 7: takes one digit and no second.
            let taken = digits.count == 2 && digits[0] > UInt8(ascii: "5") ? 1 : digits.count
            rest = rest.dropFirst(1 + taken)
            groups += 1
        }
        guard groups > 0 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst().drop { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }
        }
        return rest.isEmpty
    }
}
