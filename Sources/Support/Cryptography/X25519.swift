import CCrypto

/// A secret that two agree on, of which each gives the other a public half (RFC 7748).
package enum X25519 {
    package static let byteCount = 32

    /// A private key from the operating system's randomness.
    package static func makePrivateKey() throws(CryptographyError) -> SecretBytes { try RandomBytes.makeSecret(byteCount) }

    package static func publicKey(of key: SecretBytes) throws(CryptographyError) -> [UInt8] {
        let key = try privateKey(key)
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: byteCount), count = byteCount
        try check(EVP_PKEY_get_raw_public_key(key, &bytes, &count), "EVP_PKEY_get_raw_public_key")
        return bytes
    }

    /// What both have in common; no key itself, but what keys are derived from. A public key that makes it zero is refused (section 6.1).
    package static func agree(_ key: SecretBytes, with publicKey: [UInt8]) throws(CryptographyError) -> SecretBytes {
        guard publicKey.count == byteCount else { throw .invalidInput("an X25519 key has 32 bytes, this one \(publicKey.count)") }
        let own = try privateKey(key)
        defer { EVP_PKEY_free(own) }
        let other = try check(
            EVP_PKEY_new_raw_public_key(NID_X25519, nil, publicKey, publicKey.count), "EVP_PKEY_new_raw_public_key")
        defer { EVP_PKEY_free(other) }
        let context = try check(EVP_PKEY_CTX_new(own, nil), "EVP_PKEY_CTX_new")
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_derive_init(context), "EVP_PKEY_derive_init")
        try check(EVP_PKEY_derive_set_peer(context, other), "EVP_PKEY_derive_set_peer")
        return try SecretBytes(count: byteCount) { (target) throws(CryptographyError) in
            var count = byteCount
            guard EVP_PKEY_derive(context, target.baseAddress?.assumingMemoryBound(to: UInt8.self), &count) == 1,
                count == byteCount
            else {
                ERR_clear_error()
                throw .invalidInput("no X25519 key")
            }
        }
    }

    private static func privateKey(_ bytes: SecretBytes) throws(CryptographyError) -> OpaquePointer {
        guard bytes.count == byteCount else { throw .invalidInput("an X25519 key has 32 bytes, this one \(bytes.count)") }
        let key = bytes.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_private_key(NID_X25519, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        return try check(key, "EVP_PKEY_new_raw_private_key")
    }
}
