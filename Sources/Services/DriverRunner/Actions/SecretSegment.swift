import PlatformModel

/// An output's name as one part of a broker path, which has a small alphabet: two names never share a part.
enum SecretSegment {
    private static let maximumLength = 200

    /// - Throws: `RUN-006` for a name that is empty or too long.
    static func of(_ name: String) throws(ErrorBody) -> String {
        var part = ""
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                part.unicodeScalars.append(Unicode.Scalar(byte))
            default: part += "~" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        // A part begins with a letter, a digit or `_`. Every name that begins with something else than the first two gets a `_` more, so
        // that `-a` and `_-a` stay apart.
        let isWord = name.utf8.first.map {
            (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
        }
        if isWord != true { part = "_" + part }
        guard !name.isEmpty, part.utf8.count <= maximumLength else {
            throw ErrorBody(
                error: "RUN-006",
                message: "the secret output '\(name.prefix(80))' has a name that is empty or too long; give it a shorter one")
        }
        return part
    }
}
