/// Text that can be shown on any terminal and page: what would move a cursor, reorder a line or start another one is made
/// visible.
package enum HarmlessText {
    /// Bytes as text: invalid UTF-8 becomes U+FFFD, control characters their pictures (`␛`), directional overrides and
    /// separators their names (`<U+202E>`). A tab stays. HTML is not escaped: that is the page's business.
    package static func text(of bytes: some Collection<UInt8>) -> String { text(of: String(decoding: bytes, as: UTF8.self)) }

    package static func text(of text: String) -> String {
        guard text.unicodeScalars.contains(where: { !isHarmless($0) }) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if isHarmless(scalar) {
                out.append(scalar)
            } else if scalar.value < 0x20, let picture = Unicode.Scalar(0x2400 + scalar.value) {
                out.append(picture)
            } else if scalar.value == 0x7f {
                out.append("\u{2421}")
            } else {
                let hex = String(scalar.value, radix: 16, uppercase: true)
                out.append(contentsOf: "<U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)>".unicodeScalars)
            }
        }
        return String(out)
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09: true
        case 0..<0x20, 0x7f...0x9f: false
        // Line and paragraph separators, directional marks, embeddings, overrides and isolates, the byte order mark.
        case 0x2028...0x202e, 0x2066...0x2069, 0x200e, 0x200f, 0x061c, 0xfeff: false
        default: true
        }
    }
}
