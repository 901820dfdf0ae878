/// The pieces of Go's `strings` and `unicode/utf8` that templates need, over bytes.
enum GoText {
    enum Piece {
        case scalar(Unicode.Scalar)
        case invalid(UInt8)
    }

    /// The text letter by letter; bytes that are not UTF-8 one by one.
    static func scalars(_ text: some Collection<UInt8>) -> [Piece] {
        var pieces: [Piece] = []
        let bytes = Array(text)
        var index = 0
        while index < bytes.count {
            if let (scalar, width) = decode(bytes, at: index) {
                pieces.append(.scalar(scalar))
                index += width
            } else {
                pieces.append(.invalid(bytes[index]))
                index += 1
            }
        }
        return pieces
    }

    /// Go's runes: an invalid byte counts as U+FFFD.
    static func runes(_ text: some Collection<UInt8>) -> [Unicode.Scalar] {
        scalars(text).map { if case .scalar(let scalar) = $0 { scalar } else { "\u{FFFD}" } }
    }

    static func bytes(_ runes: some Sequence<Unicode.Scalar>) -> GoString {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: runes)
        return Array(String(text).utf8)
    }

    /// The text with U+FFFD for every byte that is not UTF-8.
    static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The letter that starts at `index` and its length, nil when none does.
    static func decode<Bytes: RandomAccessCollection>(_ bytes: Bytes, at index: Int) -> (Unicode.Scalar, Int)?
    where Bytes.Element == UInt8, Bytes.Index == Int {
        let first = bytes[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let width = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard (0xC2...0xF4).contains(first), index + width <= bytes.endIndex else { return nil }
        var value = UInt32(first) & (0xFF >> UInt32(width + 1))
        for offset in 1..<width {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        guard value >= [0, 0, 0x80, 0x800, 0x10000][width], let scalar = Unicode.Scalar(value) else { return nil }
        return (scalar, width)
    }

    static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    static func index(of part: some Collection<UInt8>, in text: GoString, from start: Int = 0) -> Int? {
        let part = Array(part)
        if part.isEmpty { return start <= text.count ? start : nil }
        guard text.count >= part.count else { return nil }
        var index = start
        while index <= text.count - part.count {
            if text[index] == part[0], text[index..<(index + part.count)].elementsEqual(part) { return index }
            index += 1
        }
        return nil
    }

    static func contains(_ text: GoString, _ part: GoString) -> Bool { index(of: part, in: text) != nil }

    /// `strings.SplitN`: an empty separator splits between letters; a negative limit is none.
    static func split(_ text: GoString, by separator: GoString, limit: Int = -1) -> [GoString] {
        if limit == 0 { return [] }
        var parts: [GoString] = []
        if separator.isEmpty {
            var rest = text[...]
            while !rest.isEmpty, limit < 0 || parts.count < limit - 1 {
                let width = decode(rest, at: rest.startIndex)?.1 ?? 1
                parts.append(Array(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            if !rest.isEmpty { parts.append(Array(rest)) }
            return parts
        }
        var start = 0
        while limit < 0 || parts.count < limit - 1, let found = index(of: separator, in: text, from: start) {
            parts.append(Array(text[start..<found]))
            start = found + separator.count
        }
        parts.append(Array(text[start...]))
        return parts
    }

    /// `strings.ReplaceAll`; an empty pattern matches before every letter and at the end.
    static func replace(_ text: GoString, _ old: GoString, with new: GoString) -> GoString {
        if old.isEmpty { return new + split(text, by: []).flatMap { $0 + new } }
        return join(split(text, by: old), with: new)
    }

    static func join(_ parts: [GoString], with separator: GoString) -> GoString { Array(parts.joined(separator: separator)) }

    static func trimSpace(_ text: GoString) -> GoString { trim(text, where: isSpace) }

    /// `strings.Trim` with a set of letters.
    static func trim(_ text: GoString, anyOf cutset: GoString) -> GoString {
        let set = Set(runes(cutset))
        return trim(text, where: set.contains)
    }

    static func trim(_ text: GoString, where matches: (Unicode.Scalar) -> Bool) -> GoString {
        let pieces = scalars(text)
        func isCut(_ piece: Piece) -> Bool { if case .scalar(let scalar) = piece { matches(scalar) } else { false } }
        guard let first = pieces.firstIndex(where: { !isCut($0) }), let last = pieces.lastIndex(where: { !isCut($0) }) else {
            return []
        }
        return pieces[first...last].flatMap { piece -> GoString in
            switch piece {
            case .scalar(let scalar): Array(String(scalar).utf8)
            case .invalid(let byte): [byte]
            }
        }
    }

    static func mapRunes(_ text: GoString, _ transform: (Unicode.Scalar) -> Unicode.Scalar) -> GoString {
        bytes(runes(text).map(transform))
    }

    // Go maps letter to letter: a letter whose other case is several letters (ß) stays.
    static func upper(_ scalar: Unicode.Scalar) -> Unicode.Scalar { single(scalar.properties.uppercaseMapping, else: scalar) }
    static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar { single(scalar.properties.lowercaseMapping, else: scalar) }
    static func title(_ scalar: Unicode.Scalar) -> Unicode.Scalar { single(scalar.properties.titlecaseMapping, else: scalar) }

    private static func single(_ mapped: String, else scalar: Unicode.Scalar) -> Unicode.Scalar {
        let scalars = mapped.unicodeScalars
        guard let first = scalars.first, scalars.count == 1 else { return scalar }
        return first
    }

    static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return ("0"..."9").contains(scalar) }
        switch scalar.properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            true
        default: false
        }
    }

    static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .decimalNumber }
    static func isUpper(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .uppercaseLetter }
    static func isLower(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .lowercaseLetter }
}
