import CCrypto

/// AES-256 in Cipher Block Chaining mode (NIST SP 800-38A) over whole blocks. It does not say whether the text was changed: only for
/// what others made or read that way; `AESGCM` keeps our own secrets.
package enum AESCBC {
    package static func encrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(CryptographyError) -> [UInt8] {
        try run(blocks, key: key, vector: vector, encrypts: true)
    }

    package static func decrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(CryptographyError) -> [UInt8] {
        try run(blocks, key: key, vector: vector, encrypts: false)
    }

    private static func run(
        _ blocks: [UInt8], key: [UInt8], vector: [UInt8], encrypts: Bool
    ) throws(CryptographyError) -> [UInt8] {
        guard key.count == 32, vector.count == 16 else {
            throw .invalidInput("AES-256-CBC has a key of 32 bytes and a vector of 16")
        }
        guard blocks.count % 16 == 0, blocks.count < 1 << 30 else {
            throw .invalidInput("AES-CBC takes whole blocks of 16 bytes")
        }
        let context = try check(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { EVP_CIPHER_CTX_free(context) }
        try check(EVP_CipherInit_ex(context, EVP_aes_256_cbc(), nil, key, vector, encrypts ? 1 : 0), "EVP_CipherInit_ex")
        try check(EVP_CIPHER_CTX_set_padding(context, 0), "EVP_CIPHER_CTX_set_padding")
        var out = [UInt8](repeating: 0, count: blocks.count + 16), count: Int32 = 0, rest: Int32 = 0
        try check(EVP_CipherUpdate(context, &out, &count, blocks, Int32(blocks.count)), "EVP_CipherUpdate")
        var end = [UInt8](repeating: 0, count: 32)
        try check(EVP_CipherFinal_ex(context, &end, &rest), "EVP_CipherFinal_ex")
        return Array(out.prefix(Int(count)))
    }
}
