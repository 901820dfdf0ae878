/// Search filters from a template (RFC 4515).
package enum FilterText {
    /// Replaces `placeholder` in the template by the value, escaped, so that the value is only ever compared.
    package static func fill(_ template: String, _ placeholder: String, with value: String) -> String {
        fill(template, [placeholder: value])
    }

    /// Replaces several placeholders at once: what stands in a value is not looked at again.
    package static func fill(_ template: String, _ values: [String: String]) -> String {
        var out = "", rest = template[...]
        while let start = rest.firstIndex(of: "{") {
            out += rest[..<start]
            rest = rest[start...]
            if let (placeholder, value) = values.first(where: { rest.hasPrefix($0.key) }) {
                out += escape(value)
                rest = rest.dropFirst(placeholder.count)
            } else {
                out.append("{")
                rest = rest.dropFirst()
            }
        }
        return out + rest
    }

    /// The filter that whatever a template could find matches, whoever it is asked about: `(uid={username})` gives `(uid=*)`. A matching
    /// rule (`member:1.2.840.113556.1.4.1941:=`) compares with somebody, so for anybody it is left out.
    package static func anybody(_ template: String, _ placeholders: [String]) -> String {
        var text = template
        for placeholder in placeholders {
            text = text.replacing(":" + matchingRuleInChain + ":=" + placeholder, with: "=*").replacing(placeholder, with: "*")
        }
        return text
    }

    /// LDAP_MATCHING_RULE_IN_CHAIN of Active Directory: groups in groups, found by the server.
    package static let matchingRuleInChain = "1.2.840.113556.1.4.1941"

    /// RFC 4515 section 3: `*`, `(`, `)`, `\` and NUL as `\xx`; other controls and non-ASCII bytes too, which is allowed and safer.
    package static func escape(_ value: String) -> String {
        var out = ""
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "*"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "\\"), 0..<0x20, 0x7f...:
                out += escape(bytes: [byte])
            default: out.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return out
    }

    /// Every byte as `\xx`, for a value that is no text.
    package static func escape(bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return bytes.reduce(into: "") { out, byte in
            out.append("\\")
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
    }
}
