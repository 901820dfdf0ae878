/// Names that Score allows, made of those that a source has.
enum ScoreName {
    /// A workload's, container's, port's or resource's name: 2 to 63 lower-case letters, digits and hyphens.
    static func label(_ text: String, suffix: String = "app") -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x61...0x7a: bytes.append(byte)
            case 0x41...0x5a: bytes.append(byte | 0x20)
            default: if bytes.last != UInt8(ascii: "-"), !bytes.isEmpty { bytes.append(UInt8(ascii: "-")) }
            }
            if bytes.count == 63 { break }
        }
        while bytes.last == UInt8(ascii: "-") { bytes.removeLast() }
        let name = String(decoding: bytes, as: UTF8.self)
        switch bytes.count {
        case 0: return suffix
        case 1: return "\(name)-\(suffix)"
        default: return name
        }
    }

    /// The key of a shared value: `db-credentials` and `password` give `DB_CREDENTIALS_PASSWORD`.
    static func valueKey(_ parts: String...) -> String {
        var bytes: [UInt8] = []
        for byte in parts.joined(separator: "_").utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, UInt8(ascii: "_"): bytes.append(byte)
            case 0x61...0x7a: bytes.append(byte & 0xdf)
            default: bytes.append(UInt8(ascii: "_"))
            }
        }
        // A shared value's key begins with no digit.
        if let first = bytes.first, (0x30...0x39).contains(first) { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return bytes.isEmpty ? "VALUE" : String(decoding: bytes, as: UTF8.self)
    }

    /// `^(LABEL(\.LABEL)*/)?NAME$` with 2 to 63 characters a part: what the schema wants of the key of an annotation.
    static func isAnnotationKey(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2, text.utf8.count <= 316, let name = parts.last else { return false }
        func isPart(_ part: Substring.UTF8View, _ allows: (UInt8) -> Bool) -> Bool {
            guard (2...63).contains(part.count), let first = part.first, let last = part.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last) && part.allSatisfy { isAlphanumeric($0) || allows($0) }
        }
        guard isPart(name, { "._-".utf8.contains($0) }) else { return false }
        return parts.count == 1
            || parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                isPart(label) { $0 == UInt8(ascii: "-") } && !label.contains { (0x41...0x5a).contains($0) }
            }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    }

    /// Whether a variable of that name most likely holds a secret.
    static func isSecret(variable name: String) -> Bool {
        let words = name.uppercased().split { !$0.isLetter && !$0.isNumber }
        guard words.last != "FILE" && words.last != "PATH" else { return false }
        let secret: Set<Substring> = [
            "PASSWORD", "PASSWD", "PASS", "PWD", "PASSPHRASE", "SECRET", "SECRETS", "TOKEN", "APIKEY", "CREDENTIAL",
            "CREDENTIALS",
        ]
        if words.contains(where: secret.contains) { return true }
        let keys: [[Substring]] = [
            ["API", "KEY"], ["PRIVATE", "KEY"], ["ACCESS", "KEY"], ["SECRET", "KEY"], ["ENCRYPTION", "KEY"],
        ]
        return zip(words, words.dropFirst()).contains { keys.contains([$0, $1]) }
            || words.contains { $0.hasSuffix("PASSWORD") }
    }
}
