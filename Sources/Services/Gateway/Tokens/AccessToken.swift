import Cryptography

/// A bearer token: `mrt_`, 43 characters of base62 for 256 random bits, 6 of a checksum.
///
/// The prefix and the checksum let a scanner find leaked tokens without asking anyone; and a mistyped one is refused here, not by the
/// database. High entropy makes one SHA-256 enough to store.
struct AccessToken: Sendable {
    static let prefix = "mrt_"
    private static let bodyCount = 43
    private static let checksumCount = 6

    let text: String

    static func make() throws(CryptographyError) -> AccessToken {
        let body = Base62.encode(try RandomBytes.makeSecret(32).copyBytes(), count: bodyCount)
        return AccessToken(text: prefix + body + checksum(of: body))
    }

    private init(text: String) { self.text = text }

    /// nil for what cannot be a token.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.prefix.utf8.count + Self.bodyCount + Self.checksumCount, text.hasPrefix(Self.prefix) else {
            return nil
        }
        let rest = bytes.dropFirst(Self.prefix.utf8.count)
        let body = String(decoding: rest.prefix(Self.bodyCount), as: UTF8.self)
        guard Base62.accepts(body),
            equalInConstantTime(Array(rest.suffix(Self.checksumCount)), Array(Self.checksum(of: body).utf8))
        else { return nil }
        self.text = text
    }

    /// What is stored.
    func hash() throws(CryptographyError) -> [UInt8] { try Digest.sha256(Array(text.utf8)) }

    /// CRC-32 (ISO 3309) of the body: finds typing mistakes, protects nothing.
    private static func checksum(of body: String) -> String {
        var crc: UInt32 = 0xffff_ffff
        for byte in body.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xedb8_8320 : crc >> 1 }
        }
        return Base62.encode(withUnsafeBytes(of: (~crc).bigEndian) { Array($0) }, count: checksumCount)
    }
}
