import SecretMasking

/// Our own tokens, known by their form and not by value: `mrt_` and at least 16 characters of base64url.
package enum TokenPattern {
    private static let prefix = Array("mrt_".utf8)
    private static let minimumLength = 16

    /// The text with each token replaced by `mrt_******`.
    package static func masking(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var copied = 0
        var index = 0
        while index + prefix.count <= bytes.count {
            guard bytes[index] == prefix[0], bytes[index..<(index + prefix.count)].elementsEqual(prefix) else {
                index += 1
                continue
            }
            let start = index + prefix.count
            let end = bytes[start...].firstIndex { !isTokenByte($0) } ?? bytes.count
            if end - start >= minimumLength {
                out += bytes[copied..<start]
                out += StreamMasker.mask.utf8
                copied = end
            }
            index = end
        }
        return copied == 0 ? text : String(decoding: out + bytes[copied...], as: UTF8.self)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
