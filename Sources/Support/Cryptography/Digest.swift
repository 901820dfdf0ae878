import CCrypto

/// Digests by libcrypto, which apt keeps patched. Core targets, which link no library, have their own in PlatformModel.
package enum Digest {
    /// The 32 bytes of SHA-256 (FIPS 180-4).
    package static func sha256(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        try check(EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil), "EVP_Digest")
        return digest
    }
}
