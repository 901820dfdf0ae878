import FoundationEssentials

/// Standard base64 (RFC 4648, section 4), with padding.
package enum Base64 {
    package static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// Nil for what is none. Line breaks are let through, as Go's decoder does: so do Kubernetes and every tool around it.
    package static func decode(_ text: String) -> [UInt8]? {
        let characters = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        // FoundationEssentials takes more padding than there can be.
        guard characters.count(where: { $0 == UInt8(ascii: "=") }) <= 2 else { return nil }
        return Data(base64Encoded: Data(characters)).map(Array.init)
    }
}
