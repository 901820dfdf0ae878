import CCrypto

/// AES-256 in Galois/Counter Mode (NIST SP 800-38D): keeps a secret, and says whether it was touched or moved.
///
/// Sealed bytes are nonce (12), ciphertext, tag (16). The nonce is random, so one key may seal at most 2^32 times (section 8.3).
package enum AESGCM {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    /// Seals under a fresh nonce. `associatedData` is bound in, not kept: `open` needs the same (the path of a secret, its version).
    package static func seal(
        _ plaintext: SecretBytes, key: SecretBytes, associatedData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try seal(plaintext, key: key, nonce: RandomBytes.make(nonceByteCount), associatedData: associatedData)
    }

    /// With a given nonce: a nonce used twice under one key gives both plaintexts away, so only known-answer tests call this.
    static func seal(
        _ plaintext: SecretBytes, key: SecretBytes, nonce: [UInt8], associatedData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        try checkSizes(key: key, nonce: nonce, plaintextCount: plaintext.count, associatedData: associatedData)
        let context = try check(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { EVP_CIPHER_CTX_free(context) }
        try check(
            key.withUnsafeBytes { key in
                EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce)
            }, "EVP_EncryptInit_ex")
        var length: Int32 = 0
        if !associatedData.isEmpty {
            try check(EVP_EncryptUpdate(context, nil, &length, associatedData, Int32(associatedData.count)), "EVP_EncryptUpdate")
        }
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        if !plaintext.isEmpty {
            try check(
                plaintext.withUnsafeBytes { plaintext in
                    EVP_EncryptUpdate(
                        context, &ciphertext, &length, plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        Int32(plaintext.count))
                }, "EVP_EncryptUpdate")
        }
        // GCM is a stream: nothing is left to write, the call only closes the tag.
        var rest = [UInt8](repeating: 0, count: 16)
        try check(EVP_EncryptFinal_ex(context, &rest, &length), "EVP_EncryptFinal_ex")
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagByteCount), &tag), "EVP_CTRL_AEAD_GET_TAG")
        return nonce + ciphertext + tag
    }

    /// What was sealed; `notAuthentic` when the key, the associated data or any byte differs, without saying which.
    package static func open(
        _ sealed: [UInt8], key: SecretBytes, associatedData: [UInt8]
    ) throws(CryptographyError) -> SecretBytes {
        guard sealed.count >= nonceByteCount + tagByteCount else { throw .notAuthentic }
        let nonce = Array(sealed.prefix(nonceByteCount))
        let ciphertext = Array(sealed.dropFirst(nonceByteCount).dropLast(tagByteCount))
        var tag = Array(sealed.suffix(tagByteCount))
        try checkSizes(key: key, nonce: nonce, plaintextCount: ciphertext.count, associatedData: associatedData)
        let context = try check(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { EVP_CIPHER_CTX_free(context) }
        try check(
            key.withUnsafeBytes { key in
                EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce)
            }, "EVP_DecryptInit_ex")
        var length: Int32 = 0
        if !associatedData.isEmpty {
            try check(EVP_DecryptUpdate(context, nil, &length, associatedData, Int32(associatedData.count)), "EVP_DecryptUpdate")
        }
        // On failure SecretBytes wipes what was decrypted before the tag was found wrong.
        return try SecretBytes(count: ciphertext.count) { (target) throws(CryptographyError) in
            if !ciphertext.isEmpty {
                try check(
                    EVP_DecryptUpdate(
                        context, target.baseAddress?.assumingMemoryBound(to: UInt8.self), &length, ciphertext,
                        Int32(ciphertext.count)), "EVP_DecryptUpdate")
            }
            try check(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagByteCount), &tag), "EVP_CTRL_AEAD_SET_TAG")
            var rest = [UInt8](repeating: 0, count: 16)
            guard EVP_DecryptFinal_ex(context, &rest, &length) == 1 else {
                ERR_clear_error()
                throw .notAuthentic
            }
        }
    }

    private static func checkSizes(
        key: SecretBytes, nonce: [UInt8], plaintextCount: Int, associatedData: [UInt8]
    ) throws(CryptographyError) {
        guard key.count == keyByteCount else { throw .invalidInput("an AES-256 key has 32 bytes, this one \(key.count)") }
        guard nonce.count == nonceByteCount else { throw .invalidInput("a nonce has 12 bytes, this one \(nonce.count)") }
        guard plaintextCount < 1 << 30, associatedData.count < 1 << 30 else { throw .invalidInput("at most 1 GiB at once") }
    }
}
