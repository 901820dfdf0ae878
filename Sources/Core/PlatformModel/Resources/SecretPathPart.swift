/// A name that people chose (of an output, of an input) as one part of a path in the built-in store, which has a small alphabet.
package enum SecretPathPart {
    private static let maximumLength = 200

    /// Two names never share a part. What a path cannot hold is written `~` and two hex digits; nil for a name that is empty or too long.
    package static func of(_ name: String) -> String? {
        var part: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case _ where isWord(byte), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): part.append(byte)
            default: part += ("~" + Hexadecimal.encode([byte])).utf8
            }
        }
        // A part begins with a letter, a digit or `_`. Every name that begins with something else than the first two gets a `_` more, so
        // that `-a` and `_-a` stay apart.
        guard let first = name.utf8.first else { return nil }
        if !isWord(first) { part.insert(UInt8(ascii: "_"), at: 0) }
        return part.count <= maximumLength ? String(decoding: part, as: UTF8.self) : nil
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
