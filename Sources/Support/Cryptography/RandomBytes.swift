import CCrypto

/// The operating system's randomness, through libcrypto's generator.
package enum RandomBytes {
    /// `count` bytes for something public: a nonce, a salt, a serial number.
    package static func make(_ count: Int) throws(CryptographyError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard count > 0 else { return bytes }
        try check(RAND_bytes(&bytes, Int32(count)), "RAND_bytes")
        return bytes
    }

    /// `count` bytes for a key, a token or a password.
    package static func makeSecret(_ count: Int) throws(CryptographyError) -> SecretBytes {
        try SecretBytes(count: count) { (target) throws(CryptographyError) in
            guard count > 0 else { return }
            try check(RAND_priv_bytes(target.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(count)), "RAND_priv_bytes")
        }
    }
}
