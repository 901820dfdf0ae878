import CCrypto

/// Signatures that anybody can check who has the public key (RFC 8032).
package enum Ed25519 {
    package static let seedByteCount = 32
    package static let publicKeyByteCount = 32
    package static let signatureByteCount = 64

    /// - Parameter seed: The private key, 32 bytes.
    package static func publicKey(of seed: SecretBytes) throws(CryptographyError) -> [UInt8] {
        let key = try privateKey(seed)
        defer { EVP_PKEY_free(key) }
        var bytes = [UInt8](repeating: 0, count: publicKeyByteCount), count = publicKeyByteCount
        try check(EVP_PKEY_get_raw_public_key(key, &bytes, &count), "EVP_PKEY_get_raw_public_key")
        return bytes
    }

    /// The 64 bytes of the signature; the same each time.
    package static func sign(_ message: [UInt8], seed: SecretBytes) throws(CryptographyError) -> [UInt8] {
        let key = try privateKey(seed)
        defer { EVP_PKEY_free(key) }
        let context = try check(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        defer { EVP_MD_CTX_free(context) }
        try check(EVP_DigestSignInit(context, nil, nil, nil, key), "EVP_DigestSignInit")
        var signature = [UInt8](repeating: 0, count: signatureByteCount), count = signatureByteCount
        try check(EVP_DigestSign(context, &signature, &count, message, message.count), "EVP_DigestSign")
        return signature
    }

    package static func isSignature(
        _ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]
    ) throws(CryptographyError) -> Bool {
        guard signature.count == signatureByteCount, publicKey.count == publicKeyByteCount else { return false }
        guard let key = EVP_PKEY_new_raw_public_key(NID_ED25519, nil, publicKey, publicKey.count) else {
            ERR_clear_error()
            return false
        }
        defer { EVP_PKEY_free(key) }
        let context = try check(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        defer { EVP_MD_CTX_free(context) }
        try check(EVP_DigestVerifyInit(context, nil, nil, nil, key), "EVP_DigestVerifyInit")
        let answer = EVP_DigestVerify(context, signature, signature.count, message, message.count)
        ERR_clear_error()
        return answer == 1
    }

    private static func privateKey(_ seed: SecretBytes) throws(CryptographyError) -> OpaquePointer {
        guard seed.count == seedByteCount else {
            throw .invalidInput("an Ed25519 seed has \(seedByteCount) bytes, this one \(seed.count)")
        }
        let key = seed.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_private_key(NID_ED25519, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        return try check(key, "EVP_PKEY_new_raw_private_key")
    }
}
