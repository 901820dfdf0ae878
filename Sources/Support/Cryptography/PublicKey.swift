import CCrypto

/// Somebody else's public key, made of its numbers, for looking at their signatures.
package final class PublicKey {
    private let key: OpaquePointer

    /// Takes over the key.
    private init(_ key: OpaquePointer) { self.key = key }

    deinit { EVP_PKEY_free(key) }

    /// RSA with 2048 to 8192 bits.
    package static func rsa(modulus: [UInt8], exponent: [UInt8]) throws(CryptographyError) -> PublicKey {
        guard (256...1024).contains(modulus.count), (1...8).contains(exponent.count) else { throw .invalidInput("no RSA key") }
        let n = try check(BN_bin2bn(modulus, Int32(modulus.count), nil), "BN_bin2bn")
        defer { BN_free(n) }
        let e = try check(BN_bin2bn(exponent, Int32(exponent.count), nil), "BN_bin2bn")
        defer { BN_free(e) }
        guard (2048...8192).contains(BN_num_bits(n)), BN_is_odd(n) == 1, BN_is_odd(e) == 1, BN_is_one(e) == 0 else {
            throw .invalidInput("an RSA key has 2048 to 8192 bits, and an odd exponent")
        }
        let builder = try check(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new")
        defer { OSSL_PARAM_BLD_free(builder) }
        try check(OSSL_PARAM_BLD_push_BN(builder, lasting("n"), n), "OSSL_PARAM_BLD_push_BN")
        try check(OSSL_PARAM_BLD_push_BN(builder, lasting("e"), e), "OSSL_PARAM_BLD_push_BN")
        return try made(of: "RSA", OSSL_PARAM_BLD_to_param(builder))
    }

    /// A point of the curve P-256.
    package static func p256(x: [UInt8], y: [UInt8]) throws(CryptographyError) -> PublicKey {
        guard x.count == 32, y.count == 32 else { throw .invalidInput("a point of P-256 is twice 32 bytes") }
        let builder = try check(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new")
        defer { OSSL_PARAM_BLD_free(builder) }
        try check(
            OSSL_PARAM_BLD_push_utf8_string(builder, lasting("group"), lasting("prime256v1"), 0),
            "OSSL_PARAM_BLD_push_utf8_string")
        // The builder keeps the pointer until the list is made.
        let parameters: UnsafeMutablePointer<OSSL_PARAM>? = ([4] + x + y).withUnsafeBytes { point in
            guard OSSL_PARAM_BLD_push_octet_string(builder, lasting("pub"), point.baseAddress, point.count) == 1 else {
                return nil
            }
            return OSSL_PARAM_BLD_to_param(builder)
        }
        let made = try made(of: "EC", parameters)
        let context = try check(EVP_PKEY_CTX_new_from_pkey(nil, made.key, nil), "EVP_PKEY_CTX_new_from_pkey")
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_public_check(context) == 1 else {
            ERR_clear_error()
            throw .invalidInput("the point is not on P-256")
        }
        return made
    }

    /// RFC 8032.
    package static func ed25519(_ bytes: [UInt8]) throws(CryptographyError) -> PublicKey {
        guard bytes.count == 32 else { throw .invalidInput("an Ed25519 key has 32 bytes") }
        return PublicKey(
            try check(EVP_PKEY_new_raw_public_key(NID_ED25519, nil, bytes, bytes.count), "EVP_PKEY_new_raw_public_key"))
    }

    private static func made(
        of type: String, _ parameters: UnsafeMutablePointer<OSSL_PARAM>?
    ) throws(CryptographyError) -> PublicKey {
        let list = try check(parameters, "OSSL_PARAM_BLD_to_param")
        defer { OSSL_PARAM_free(list) }
        let context = try check(EVP_PKEY_CTX_new_from_name(nil, type, nil), "EVP_PKEY_CTX_new_from_name")
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
        var key: OpaquePointer?
        // EVP_PKEY_PUBLIC_KEY, a macro that Swift does not see: the parameters and the public half.
        try check(EVP_PKEY_fromdata(context, &key, 0x86, list), "EVP_PKEY_fromdata")
        return PublicKey(try check(key, "EVP_PKEY_fromdata"))
    }

    /// Whether a signature is this key's: by RSASSA-PKCS1-v1_5 or ECDSA with SHA-256, or by Ed25519, as the key is. An ECDSA signature is two
    /// numbers of 32 bytes (RFC 7518, section 3.4).
    package func verifies(_ signature: [UInt8], of message: [UInt8]) throws(CryptographyError) -> Bool {
        let kind = EVP_PKEY_get_base_id(key)
        let signature = kind == NID_X9_62_id_ecPublicKey ? try Self.der(signature) : signature
        guard !signature.isEmpty else { return false }
        let context = try check(EVP_MD_CTX_new(), "EVP_MD_CTX_new")
        defer { EVP_MD_CTX_free(context) }
        let digest = kind == NID_ED25519 ? nil : EVP_sha256()
        try check(EVP_DigestVerifyInit(context, nil, digest, nil, key), "EVP_DigestVerifyInit")
        let answer = EVP_DigestVerify(context, signature, signature.count, message, message.count)
        ERR_clear_error()
        return answer == 1
    }

    /// Empty when it is no signature.
    private static func der(_ signature: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard signature.count == 64 else { return [] }
        let numbers = try check(ECDSA_SIG_new(), "ECDSA_SIG_new")
        defer { ECDSA_SIG_free(numbers) }
        let r = try check(BN_bin2bn(Array(signature[..<32]), 32, nil), "BN_bin2bn")
        let s = try check(BN_bin2bn(Array(signature[32...]), 32, nil), "BN_bin2bn")
        // The signature owns both from here.
        try check(ECDSA_SIG_set0(numbers, r, s), "ECDSA_SIG_set0")
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_ECDSA_SIG(numbers, &encoded)
        defer { CRYPTO_free(encoded, #file, #line) }
        guard count > 0, let encoded else { throw libraryFailure("i2d_ECDSA_SIG") }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
    }
}
