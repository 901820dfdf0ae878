/// One `${a.b['c.d'].e}`, as it stands in a text.
package struct Placeholder: Sendable, Hashable, CustomStringConvertible {
    /// The names, in order; the first is the family.
    package var path: [String]
    /// Where it starts in its text, in bytes.
    package var offset: Int

    package init(path: [String], offset: Int = 0) {
        self.path = path
        self.offset = offset
    }

    package var family: String { path.first ?? "" }

    /// The text that reads back as this path.
    package var description: String {
        var out = "${"
        for (index, name) in path.enumerated() {
            if !name.isEmpty && name.utf8.allSatisfy(Self.isBare) {
                out += index == 0 ? name : "." + name
            } else {
                var quoted = ""
                for scalar in name.unicodeScalars {
                    if scalar == "'" || scalar == "\\" { quoted += "\\" }
                    quoted.unicodeScalars.append(scalar)
                }
                out += "['\(quoted)']"
            }
        }
        return out + "}"
    }

    /// Bytes that a name may have outside brackets: all but the syntax's own, quotes, the backslash, blanks and controls.
    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"):
            false
        default:
            byte > 0x20 && byte != 0x7f
        }
    }
}

/// Why a text with placeholders cannot be read, and where.
package struct PlaceholderSyntaxError: Error, Sendable, Hashable {
    /// Bytes from the text's start.
    package let offset: Int
    /// From 1.
    package let line: Int
    /// From 1, in bytes.
    package let column: Int
    package let reason: String
}
