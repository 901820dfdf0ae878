import CCrypto

/// HMAC-SHA256 (RFC 2104, RFC 4231).
package enum HMACSHA256 {
    package static let byteCount = 32

    /// The 32 bytes of the authentication code. Compare with `equalInConstantTime`.
    package static func authenticate(_ message: [UInt8], key: SecretBytes) throws(CryptographyError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: byteCount)
        var length: UInt32 = 0
        let done = key.withUnsafeBytes { key in
            HMAC(EVP_sha256(), key.baseAddress, Int32(key.count), message, message.count, &code, &length)
        }
        guard done != nil else { throw libraryFailure("HMAC") }
        return code
    }
}
