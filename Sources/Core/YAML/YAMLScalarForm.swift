import PlatformModel

/// In which form a text can be written.
enum YAMLScalarForm {
    /// Several lines, none with blanks at its end, and nothing at the start that would need an indentation indicator.
    static func fitsLiteralBlock(_ text: String) -> Bool {
        guard text.holds(UInt8(ascii: "\n")) else { return false }
        let scalars = text.unicodeScalars
        guard let first = scalars.first, first != " ", first != "\n", first != "\t" else { return false }
        var previous: Unicode.Scalar = "a", newlines = 0
        for scalar in scalars {
            if scalar == "\n", previous == " " || previous == "\t" { return false }
            guard scalar == "\n" || scalar == "\t" || isPrintable(scalar) else { return false }
            newlines = scalar == "\n" ? newlines + 1 : 0
            previous = scalar
        }
        return newlines <= 1 && previous != " " && previous != "\t"
    }

    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: false
        default: scalar.value >= 0xA0
        }
    }

    /// Whether a text needs no quotes: no reader takes it for anything else.
    static func isPlain(_ text: String) -> Bool {
        if let known = isPlainWord(text) { return known }
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last, last != " ", last != ":" else { return false }
        guard isPrintable(first),
            first.value >= 0xA0 || first.properties.isAlphabetic || "0123456789/_$.(".unicodeScalars.contains(first)
        else { return false }
        // "..." at the start of a line ends a document; ".5" is a number.
        if first == ".", scalars.count > 1, scalars[1] != "/", !scalars[1].properties.isAlphabetic { return false }
        for (index, scalar) in scalars.enumerated() {
            guard isPrintable(scalar), scalar.value != 0xA0 else { return false }
            if scalar == ":", index + 1 < scalars.count, scalars[index + 1] == " " { return false }
            if scalar == "#", index > 0, scalars[index - 1] == " " { return false }
        }
        guard case .string = YAMLScalar.plain(text) else { return false }
        return !isSpecialInOldYAML(text)
    }

    /// The usual case without a look at Unicode: printable ASCII that begins with a letter, `/`, `_` or `$`, so that it is no number and no
    /// date. Nil for every other text.
    private static func isPlainWord(_ text: String) -> Bool? {
        var text = text
        return text.withUTF8 { bytes -> Bool? in
            guard let first = bytes.first, let last = bytes.last else { return nil }
            switch first {
            case 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "$"): break
            default: return nil
            }
            var previous = first
            for byte in bytes {
                guard (0x20...0x7e).contains(byte) else { return nil }
                if byte == UInt8(ascii: " "), previous == UInt8(ascii: ":") { return false }
                if byte == UInt8(ascii: "#"), previous == UInt8(ascii: " ") { return false }
                previous = byte
            }
            if last == UInt8(ascii: " ") || last == UInt8(ascii: ":") { return false }
            return !isKeyword(bytes)
        }
    }

    /// Booleans and nulls of YAML 1.1, in capitals or not.
    private static func isKeyword(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count <= 5 else { return false }
        // Letters only become lower case, and nothing else becomes a letter.
        var word: UInt64 = 0
        for byte in bytes { word = word << 8 | UInt64(byte | 0x20) }
        return keywords.contains(word)
    }

    private static let keywords = ["null", "true", "false", "y", "n", "yes", "no", "on", "off"].map { word in
        word.utf8.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// Booleans, dates and base-60 numbers of YAML 1.1.
    private static func isSpecialInOldYAML(_ text: String) -> Bool {
        if ["y", "n", "yes", "no", "on", "off"].contains(text.lowercased()) { return true }
        guard let first = text.utf8.first, (0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) || "-:.TtZz+_eE ".utf8.contains($0) }
    }
}
