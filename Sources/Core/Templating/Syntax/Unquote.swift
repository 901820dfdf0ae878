/// Go's `strconv.Unquote`.
enum Unquote {
    /// The text of a literal with its quotes, nil when it is not one.
    static func string(_ literal: GoString) -> GoString? {
        guard literal.count >= 2, let quote = literal.first, literal.last == quote else { return nil }
        let body = Array(literal[1..<(literal.count - 1)])
        if quote == UInt8(ascii: "`") { return body.filter { $0 != UInt8(ascii: "\r") } }
        var out = GoString(), index = 0
        while index < body.count {
            if body[index] == UInt8(ascii: "\\") {
                guard let piece = escape(body, at: &index, quote: quote) else { return nil }
                switch piece {
                case .byte(let byte): out.append(byte)
                case .scalar(let scalar): out += String(scalar).utf8
                }
            } else {
                out.append(body[index])
                index += 1
            }
        }
        return out
    }

    /// The letter of `'x'`.
    static func character(_ literal: GoString) -> Unicode.Scalar? {
        guard literal.count >= 3 else { return nil }
        let body = Array(literal[1..<(literal.count - 1)])
        var index = 0
        if body[0] == UInt8(ascii: "\\") {
            guard let piece = escape(body, at: &index, quote: UInt8(ascii: "'")), index == body.count else { return nil }
            switch piece {
            case .byte(let byte): return Unicode.Scalar(byte)
            case .scalar(let scalar): return scalar
            }
        }
        guard let (scalar, width) = GoText.decode(body, at: 0), width == body.count else { return nil }
        return scalar
    }

    /// What Go says of a character constant that is none; nil when it is one.
    static func mistake(inCharacter literal: GoString) -> String? {
        if character(literal) != nil { return nil }
        let body = literal.dropFirst().dropLast()
        guard let first = body.first, first != UInt8(ascii: "'") else { return "invalid syntax" }
        // The first letter is fine, and more follows.
        for width in 1..<max(body.count, 1) where character([literal[0]] + body.prefix(width) + [literal[0]]) != nil {
            return "malformed character constant: \(GoText.text(literal))"
        }
        return "invalid syntax"
    }

    private enum Piece {
        case byte(UInt8)
        case scalar(Unicode.Scalar)
    }

    private static let simple: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13,
        UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 92,
    ]

    private static func escape(_ body: GoString, at index: inout Int, quote: UInt8) -> Piece? {
        guard index + 1 < body.count else { return nil }
        let letter = body[index + 1]
        index += 2
        if let byte = simple[letter] { return .byte(byte) }
        if letter == quote { return .byte(quote) }
        func digits(_ count: Int, radix: Int) -> UInt32? {
            guard index + count <= body.count else { return nil }
            defer { index += count }
            return UInt32(GoText.text(body[index..<(index + count)]), radix: radix)
        }
        switch letter {
        case UInt8(ascii: "x"): return digits(2, radix: 16).map { .byte(UInt8($0)) }
        case UInt8(ascii: "u"): return digits(4, radix: 16).flatMap(Unicode.Scalar.init).map { .scalar($0) }
        case UInt8(ascii: "U"): return digits(8, radix: 16).flatMap(Unicode.Scalar.init).map { .scalar($0) }
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            index -= 1
            return digits(3, radix: 8).flatMap { UInt8(exactly: $0) }.map { .byte($0) }
        default: return nil
        }
    }
}
