// Sets of letters and single escapes.
extension RegexParser {
    /// `[...]`, with the position at the bracket.
    mutating func parseClass() throws(RegexError) -> ScalarClass {
        let start = position
        position += 1
        var items: [ScalarClass.Item] = [], isNegated = false, isFirst = true
        if byte == UInt8(ascii: "^") {
            isNegated = true
            position += 1
        }
        while byte != UInt8(ascii: "]") || isFirst {
            isFirst = false
            if let item = try posixClass() {
                items.append(item)
                continue
            }
            if let item = try escapedClass() {
                items.append(item)
                continue
            }
            let rangeStart = position
            let low = try classScalar(start)
            var high = low
            if byte == UInt8(ascii: "-"), position + 1 < text.count, text[position + 1] != UInt8(ascii: "]") {
                position += 1
                high = try classScalar(start)
                if high < low { throw RegexError("invalid character class range", text[rangeStart..<position]) }
            }
            items.append(item([low...high]))
        }
        position += 1
        return ScalarClass(items, isNegated: isNegated)
    }

    private func item(_ ranges: [ClosedRange<UInt32>], isNegated: Bool = false) -> ScalarClass.Item {
        ScalarClass.Item(content: .ranges(ranges), isNegated: isNegated, foldsCase: flags.foldsCase)
    }

    private mutating func classScalar(_ start: Int) throws(RegexError) -> UInt32 {
        guard let byte else { throw RegexError("missing closing ]", text[start...]) }
        return byte == UInt8(ascii: "\\") ? try escape() : try nextScalar()
    }

    /// `\pL` or `\d`.
    mutating func escapedClass() throws(RegexError) -> ScalarClass.Item? {
        if let item = try unicodeClass() { return item }
        return perlClass()
    }

    private static let digits: [ClosedRange<UInt32>] = [0x30...0x39]
    private static let word: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]

    /// `\d`, `\s`, `\w` and their negations.
    private mutating func perlClass() -> ScalarClass.Item? {
        guard byte == UInt8(ascii: "\\"), position + 1 < text.count else { return nil }
        let letter = text[position + 1]
        let ranges: [ClosedRange<UInt32>]
        switch letter | 0x20 {
        case UInt8(ascii: "d"): ranges = Self.digits
        case UInt8(ascii: "s"): ranges = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
        case UInt8(ascii: "w"): ranges = Self.word
        default: return nil
        }
        position += 2
        return item(ranges, isNegated: letter & 0x20 == 0)
    }

    /// `[:alpha:]`, `[:^alpha:]`, within brackets.
    private mutating func posixClass() throws(RegexError) -> ScalarClass.Item? {
        guard has("[:"), let end = GoText.index(of: ":]".utf8, in: text, from: position + 2) else { return nil }
        let whole = text[position..<(end + 2)]
        var name = GoText.text(text[(position + 2)..<end])
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard let ranges = Self.posixClasses[name] else { throw RegexError("invalid character class range", whole) }
        position = end + 2
        return item(ranges, isNegated: isNegated)
    }

    private static let posixClasses: [String: [ClosedRange<UInt32>]] = [
        "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A], "alpha": [0x41...0x5A, 0x61...0x7A], "ascii": [0...0x7F],
        "blank": [0x09...0x09, 0x20...0x20], "cntrl": [0...0x1F, 0x7F...0x7F], "digit": digits, "graph": [0x21...0x7E],
        "lower": [0x61...0x7A], "print": [0x20...0x7E],
        "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E], "space": [0x09...0x0D, 0x20...0x20],
        "upper": [0x41...0x5A], "word": word, "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66],
    ]

    /// `\pL`, `\p{Greek}`, `\P{^Lu}`.
    private mutating func unicodeClass() throws(RegexError) -> ScalarClass.Item? {
        guard has("\\p") || has("\\P") else { return nil }
        let start = position
        var isNegated = text[position + 1] == UInt8(ascii: "P")
        position += 2
        var name: ArraySlice<UInt8> = []
        if byte == UInt8(ascii: "{") {
            guard let end = text[position...].firstIndex(of: UInt8(ascii: "}")) else {
                throw RegexError("invalid character class range", text[start...])
            }
            name = text[(position + 1)..<end]
            position = end + 1
        } else if byte != nil {
            let nameStart = position
            _ = try nextScalar()
            name = text[nameStart..<position]
        }
        if name.first == UInt8(ascii: "^") {
            isNegated.toggle()
            name = name.dropFirst()
        }
        guard let found = UnicodeNames.content(GoText.text(name)) else {
            throw RegexError("invalid character class range", text[start..<position])
        }
        return ScalarClass.Item(
            content: found.content, isNegated: isNegated != found.isNegated, foldsCase: flags.foldsCase && !found.isNegated)
    }

    /// The letter of `\n`, `\x41`, `\x{1F600}`, `\101`, `\.`.
    mutating func escape() throws(RegexError) -> UInt32 {
        let start = position
        position += 1
        guard position < text.count else { throw RegexError("trailing backslash at end of expression", []) }
        let scalar = try nextScalar()
        switch scalar {
        case 0x30...0x37:
            // A single digit would be a back reference, which a linear engine has not.
            let isOctal = byte.map { (0x30...0x37).contains($0) } ?? false
            if scalar != 0x30, !isOctal { break }
            var value = scalar - 0x30
            for _ in 0..<2 {
                guard let digit = byte, (0x30...0x37).contains(digit) else { break }
                value = value * 8 + UInt32(digit - 0x30)
                position += 1
            }
            return value
        case 0x78:
            if let value = try hexadecimal() { return value }
        case 0x61: return 0x07
        case 0x66: return 0x0C
        case 0x6E: return 0x0A
        case 0x72: return 0x0D
        case 0x74: return 0x09
        case 0x76: return 0x0B
        case 0..<0x80 where !Self.isAlphanumeric(UInt8(scalar)): return scalar
        default: break
        }
        throw RegexError("invalid escape sequence", text[start..<position])
    }

    private mutating func hexadecimal() throws(RegexError) -> UInt32? {
        guard byte != nil else { return nil }
        func digit(_ scalar: UInt32) -> UInt32? {
            Unicode.Scalar(scalar).flatMap { Character($0).isASCII ? Character($0).hexDigitValue.map(UInt32.init) : nil }
        }
        let first = try nextScalar()
        guard first == 0x7B else {
            guard byte != nil else { return nil }
            let second = try nextScalar()
            guard let high = digit(first), let low = digit(second) else { return nil }
            return high * 16 + low
        }
        var value: UInt32 = 0, count = 0
        while position < text.count {
            let scalar = try nextScalar()
            if scalar == 0x7D { return count > 0 ? value : nil }
            guard let next = digit(scalar) else { return nil }
            value = value * 16 + next
            if value > 0x10FFFF { return nil }
            count += 1
        }
        return nil
    }
}
