/// Go's `strconv.Quote` and its relations.
enum GoQuote {
    /// In double quotes; what is not printable is escaped.
    static func quote(_ text: GoString, asciiOnly: Bool = false) -> GoString {
        [UInt8(ascii: "\"")] + escape(text, quote: "\"", asciiOnly: asciiOnly) + [UInt8(ascii: "\"")]
    }

    /// `'x'`, a rune.
    static func quote(rune: Int64, asciiOnly: Bool = false) -> GoString {
        let scalar = UInt32(exactly: rune).flatMap(Unicode.Scalar.init) ?? "\u{FFFD}"
        return [UInt8(ascii: "'")] + escape(Array(String(scalar).utf8), quote: "'", asciiOnly: asciiOnly) + [UInt8(ascii: "'")]
    }

    /// Whether the text can stand between backquotes as it is.
    static func canBackquote(_ text: GoString) -> Bool {
        let decoded = GoText.scalars(text)
        return decoded.allSatisfy { piece in
            guard case .scalar(let scalar) = piece else { return false }
            return scalar != "`" && scalar != "\u{FEFF}" && scalar != "\u{7F}" && (scalar.value >= 0x20 || scalar == "\t")
        }
    }

    private static func escape(_ text: GoString, quote: Unicode.Scalar, asciiOnly: Bool) -> GoString {
        var out = ""
        for piece in GoText.scalars(text) {
            switch piece {
            case .invalid(let byte):
                out += "\\x" + hex(UInt32(byte), width: 2)
            case .scalar(let scalar):
                switch scalar {
                case quote, "\\": out += "\\" + String(scalar)
                case "\u{07}": out += "\\a"
                case "\u{08}": out += "\\b"
                case "\u{0C}": out += "\\f"
                case "\n": out += "\\n"
                case "\r": out += "\\r"
                case "\t": out += "\\t"
                case "\u{0B}": out += "\\v"
                case _ where isPrintable(scalar) && (!asciiOnly || scalar.isASCII): out.unicodeScalars.append(scalar)
                case _ where scalar.value < 0x20 || scalar.value == 0x7F: out += "\\x" + hex(scalar.value, width: 2)
                case _ where scalar.value < 0x10000: out += "\\u" + hex(scalar.value, width: 4)
                default: out += "\\U" + hex(scalar.value, width: 8)
                }
            }
        }
        return Array(out.utf8)
    }

    /// Letters, marks, numbers, punctuation, symbols and the ASCII space (Go: `unicode.IsPrint`).
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator, .spaceSeparator:
            return false
        default:
            return true
        }
    }

    static func hex(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }
}
