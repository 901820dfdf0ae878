/// Search filters from a template (RFC 4515).
package enum FilterText {
    /// Replaces `placeholder` in the template by the value, escaped, so that the value is only ever compared.
    package static func fill(_ template: String, _ placeholder: String, with value: String) -> String {
        template.split(separator: placeholder, omittingEmptySubsequences: false).joined(separator: escape(value))
    }

    /// RFC 4515 section 3: `*`, `(`, `)`, `\` and NUL as `\xx`; other controls and non-ASCII bytes too, which is allowed and safer.
    package static func escape(_ value: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\"), 0..<0x20, 0x7f...:
                out += [UInt8(ascii: "\\"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
