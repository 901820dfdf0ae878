/// Reads JSON as Go's `encoding/json` does: every number a float64, the last of equal keys counts, errors in Go's words.
struct GoJSONReader {
    private let bytes: GoString
    private let state: RenderState
    private var position = 0
    /// Names and positions from the root, for the error about a number.
    private var path: [String] = []
    private var isInMember = false
    /// The first number that no float64 holds; it reads as 0, and the rest is read.
    private var overflow: String?

    /// The value, and what is wrong with it: a text with a fault in its form has no value, one with a number that is too large has.
    static func read(
        _ text: GoString, state: RenderState
    ) throws(FunctionFailure) -> (value: TemplateValue, mistake: String?) {
        var reader = GoJSONReader(bytes: text, state: state)
        do throws(FunctionFailure) {
            let value = try reader.value(depth: 0)
            reader.skipSpace()
            if reader.position < text.count { throw reader.unexpected("after top-level value") }
            return (value, reader.overflow)
        } catch {
            if error.isLimit { throw error }
            return (.null, error.message)
        }
    }

    private init(bytes: GoString, state: RenderState) {
        self.bytes = bytes
        self.state = state
    }

    private mutating func value(depth: Int) throws(FunctionFailure) -> TemplateValue {
        try state.spend()
        if depth > state.environment.limits.depth {
            throw FunctionFailure(limit: "the JSON nests deeper than \(state.environment.limits.depth)")
        }
        skipSpace()
        guard position < bytes.count else { throw Self.end }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), 0x30...0x39: return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func object(depth: Int) throws(FunctionFailure) -> TemplateValue {
        position += 1
        var members: [String: TemplateValue] = [:]
        skipSpace()
        if skip("}") { return .dict(members) }
        while true {
            skipSpace()
            guard position < bytes.count else { throw Self.end }
            guard bytes[position] == UInt8(ascii: "\"") else { throw unexpected("looking for beginning of object key string") }
            let key = GoText.text(try string())
            skipSpace()
            guard skip(":") else { throw unexpected("after object key") }
            path.append(key)
            isInMember = true
            members[key] = try value(depth: depth + 1)
            path.removeLast()
            skipSpace()
            if skip("}") { return .dict(members) }
            guard skip(",") else { throw unexpected("after object key:value pair") }
        }
    }

    private mutating func array(depth: Int) throws(FunctionFailure) -> TemplateValue {
        position += 1
        var elements: [TemplateValue] = []
        skipSpace()
        if skip("]") { return .list(elements) }
        while true {
            path.append(String(elements.count))
            isInMember = false
            elements.append(try value(depth: depth + 1))
            path.removeLast()
            skipSpace()
            if skip("]") { return .list(elements) }
            guard skip(",") else { throw unexpected("after array element") }
        }
    }

    private mutating func literal(_ word: String, _ value: TemplateValue) throws(FunctionFailure) -> TemplateValue {
        for letter in word.utf8 {
            guard position < bytes.count else { throw Self.end }
            if bytes[position] != letter { throw unexpected("in literal \(word) (expecting '\(Unicode.Scalar(letter))')") }
            position += 1
        }
        return value
    }

    private mutating func number() throws(FunctionFailure) -> TemplateValue {
        let start = position
        _ = skip("-")
        if !skip("0") { try digits() }
        if skip(".") { try digits() }
        if skip("e") || skip("E") {
            if !skip("-") { _ = skip("+") }
            try digits()
        }
        let text = GoText.text(bytes[start..<position])
        guard let number = Double(text), number.isFinite else {
            if overflow == nil {
                let place = path.map { "." + $0 }.joined()
                let holder = path.isEmpty ? "Go value" : isInMember ? "Go struct field \(place)" : place
                overflow = "json: cannot unmarshal number \(text) into \(holder) of type float64"
            }
            return .float(0)
        }
        return .float(number)
    }

    private mutating func digits() throws(FunctionFailure) {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        if position == start { throw unexpected("in numeric literal") }
    }
}

// Strings, and the small steps.
extension GoJSONReader {
    private static let end = FunctionFailure("unexpected end of JSON input")

    private mutating func string() throws(FunctionFailure) -> GoString {
        position += 1
        var out = GoString()
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                // What is no UTF-8 counts as U+FFFD.
                return Array(GoText.text(out).utf8)
            case UInt8(ascii: "\\"): try escape(into: &out)
            case ..<0x20: throw unexpected("in string")
            default:
                out.append(bytes[position])
                position += 1
            }
        }
        throw Self.end
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"), UInt8(ascii: "/"): UInt8(ascii: "/"),
        UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]

    private mutating func escape(into out: inout GoString) throws(FunctionFailure) {
        guard position + 1 < bytes.count else { throw Self.end }
        let letter = bytes[position + 1]
        guard letter == UInt8(ascii: "u") else {
            guard let byte = Self.escapes[letter] else {
                throw invalid(bytes[position..<(position + 1 + (GoText.decode(bytes, at: position + 1)?.1 ?? 1))])
            }
            out.append(byte)
            position += 2
            return
        }
        let first = try unit()
        if (0xD800..<0xDC00).contains(first), position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let mark = position, second = try unit()
            if (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + second - 0xDC00)
            {
                out += String(scalar).utf8
                return
            }
            position = mark
        }
        out += String(Unicode.Scalar(first) ?? "\u{FFFD}").utf8
    }

    /// `\u12ab`.
    private mutating func unit() throws(FunctionFailure) -> UInt32 {
        let text = bytes[position..<min(position + 6, bytes.count)]
        let digits = text.dropFirst(2).prefix { Character(Unicode.Scalar($0)).isHexDigit }
        if digits.count < 4 {
            if digits.count == text.count - 2, text.count < 6 { throw Self.end }
            throw invalid(text)
        }
        position += 6
        return UInt32(GoText.text(digits), radix: 16) ?? 0xFFFD
    }

    private func invalid(_ sequence: ArraySlice<UInt8>) -> FunctionFailure {
        let text = Array(sequence)
        let isPlain = GoText.runes(text).allSatisfy { $0 != "`" && $0 != "\u{FFFD}" && $0 != " " && GoQuote.isPrintable($0) }
        let shown = isPlain ? "`\(GoText.text(text))`" : GoText.text(GoQuote.quote(text))
        return FunctionFailure("invalid escape sequence \(shown) in string")
    }

    private func unexpected(_ place: String) -> FunctionFailure {
        guard position < bytes.count else { return Self.end }
        guard let (scalar, _) = GoText.decode(bytes, at: position) else {
            return FunctionFailure("invalid character '\\x\(GoQuote.hex(UInt32(bytes[position]), width: 2))' \(place)")
        }
        return FunctionFailure("invalid character \(GoText.text(GoQuote.quote(rune: Int64(scalar.value)))) \(place)")
    }

    private mutating func skip(_ letter: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: letter) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }
}
