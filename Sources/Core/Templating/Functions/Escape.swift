/// Text made safe for other languages, as Go escapes it.
enum Escape {
    static func html(_ text: GoString) -> GoString {
        text.flatMap { byte -> GoString in
            switch byte {
            case 0: Array("\u{FFFD}".utf8)
            case UInt8(ascii: "\""): Array("&#34;".utf8)
            case UInt8(ascii: "'"): Array("&#39;".utf8)
            case UInt8(ascii: "&"): Array("&amp;".utf8)
            case UInt8(ascii: "<"): Array("&lt;".utf8)
            case UInt8(ascii: ">"): Array("&gt;".utf8)
            default: [byte]
            }
        }
    }

    static func javaScript(_ text: GoString) -> GoString {
        var out = ""
        for scalar in GoText.runes(text) {
            switch scalar {
            case "\\": out += "\\\\"
            case "'": out += "\\'"
            case "\"": out += "\\\""
            case "<": out += "\\u003C"
            case ">": out += "\\u003E"
            case "&": out += "\\u0026"
            case "=": out += "\\u003D"
            case _ where scalar.value < 0x20: out += "\\u" + GoQuote.hex(scalar.value, width: 4).uppercased()
            case _ where scalar.isASCII || GoQuote.isPrintable(scalar): out.unicodeScalars.append(scalar)
            default: out += "\\u" + GoQuote.hex(scalar.value, width: 4).uppercased()
            }
        }
        return Array(out.utf8)
    }

    static func urlQuery(_ text: GoString) -> GoString { percent(text, keeping: "-_.~", spaceAsPlus: true) }

    /// Percent-encoding of all but letters, digits and `keeping`.
    static func percent(_ text: GoString, keeping: String, spaceAsPlus: Bool = false) -> GoString {
        text.flatMap { byte -> GoString in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return [byte]
            case UInt8(ascii: " ") where spaceAsPlus: return [UInt8(ascii: "+")]
            case _ where keeping.utf8.contains(byte): return [byte]
            default: return Array(("%" + GoQuote.hex(UInt32(byte), width: 2).uppercased()).utf8)
            }
        }
    }

    /// The bytes behind percent-encoding, nil when a `%` is not followed by two hex digits.
    static func unpercent(_ text: GoString) -> GoString? {
        var out = GoString(), index = 0
        while index < text.count {
            if text[index] == UInt8(ascii: "%") {
                guard index + 2 < text.count, let byte = UInt8(GoText.text(text[(index + 1)...(index + 2)]), radix: 16) else {
                    return nil
                }
                out.append(byte)
                index += 3
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }
}
