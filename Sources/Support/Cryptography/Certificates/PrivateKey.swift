import CCrypto

/// A private key of libcrypto: RSA, P-256 and Ed25519 are made here, others are read.
package final class PrivateKey {
    let key: OpaquePointer

    /// Takes over the key.
    private init(_ key: OpaquePointer) { self.key = key }

    deinit { EVP_PKEY_free(key) }

    /// Reads a key in PEM (PKCS #8, or the older forms of RSA and EC), unencrypted.
    package convenience init(pem: [UInt8]) throws(CryptographyError) {
        let memory = try check(BIO_new_mem_buf(pem, Int32(clamping: pem.count)), "BIO_new_mem_buf")
        defer { BIO_free(memory) }
        // Without a callback libcrypto would ask the terminal for a password.
        guard let key = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw .invalidInput("no unencrypted private key in PEM")
        }
        self.init(key)
    }

    /// RSA with public exponent 65537; the same bytes give the same key.
    /// - Parameter bits: of the modulus, a multiple of 16 from 1024 to 8192.
    package static func rsa(bits: Int, randomBytes: (Int) -> [UInt8]) throws(CryptographyError) -> PrivateKey {
        guard (1024...8192).contains(bits), bits % 16 == 0 else { throw .invalidInput("an RSA key has 1024 to 8192 bits") }
        let numbers = try RSANumbers(bits: bits, randomBytes: randomBytes)
        return try numbers.withParameters { (parameters) throws(CryptographyError) in
            PrivateKey(try made(of: "RSA", parameters))
        }
    }

    /// A key on the curve P-256 (FIPS 186-4, B.4.2: bytes that are no key are drawn again).
    package static func p256(randomBytes: (Int) -> [UInt8]) throws(CryptographyError) -> PrivateKey {
        let group = try check(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1), "EC_GROUP_new_by_curve_name")
        defer { EC_GROUP_free(group) }
        let order = EC_GROUP_get0_order(group)
        for _ in 0..<64 {
            let bytes = randomBytes(32)
            let scalar = try check(BN_bin2bn(bytes, Int32(bytes.count), nil), "BN_bin2bn")
            defer { BN_clear_free(scalar) }
            guard BN_is_zero(scalar) == 0, BN_cmp(scalar, order) < 0 else { continue }
            let point = try check(EC_POINT_new(group), "EC_POINT_new")
            defer { EC_POINT_free(point) }
            try check(EC_POINT_mul(group, point, scalar, nil, nil, nil), "EC_POINT_mul")
            var encoded = [UInt8](repeating: 0, count: 65)
            guard EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, &encoded, 65, nil) == 65 else {
                throw libraryFailure("EC_POINT_point2oct")
            }
            let builder = try check(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new")
            defer { OSSL_PARAM_BLD_free(builder) }
            try check(
                OSSL_PARAM_BLD_push_utf8_string(builder, lasting("group"), lasting("prime256v1"), 0),
                "OSSL_PARAM_BLD_push_utf8_string")
            try check(OSSL_PARAM_BLD_push_BN(builder, lasting("priv"), scalar), "OSSL_PARAM_BLD_push_BN")
            let parameters: UnsafeMutablePointer<OSSL_PARAM>? = encoded.withUnsafeBytes { encoded in
                guard OSSL_PARAM_BLD_push_octet_string(builder, lasting("pub"), encoded.baseAddress, encoded.count) == 1 else {
                    return nil
                }
                return OSSL_PARAM_BLD_to_param(builder)
            }
            let list = try check(parameters, "OSSL_PARAM_BLD_to_param")
            defer { OSSL_PARAM_free(list) }
            return PrivateKey(try made(of: "EC", list))
        }
        throw .invalidInput("the source of random bytes gives no key")
    }

    /// An Ed25519 key (RFC 8032) out of 32 bytes.
    package static func ed25519(randomBytes: (Int) -> [UInt8]) throws(CryptographyError) -> PrivateKey {
        let bytes = randomBytes(32)
        return PrivateKey(
            try check(EVP_PKEY_new_raw_private_key(NID_ED25519, nil, bytes, bytes.count), "EVP_PKEY_new_raw_private_key"))
    }

    private static func made(
        of type: String, _ parameters: UnsafeMutablePointer<OSSL_PARAM>
    ) throws(CryptographyError) -> OpaquePointer {
        let context = try check(EVP_PKEY_CTX_new_from_name(nil, type, nil), "EVP_PKEY_CTX_new_from_name")
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
        var key: OpaquePointer?
        // EVP_PKEY_KEYPAIR, a macro that Swift does not see: both halves and the parameters.
        try check(EVP_PKEY_fromdata(context, &key, 0x87, parameters), "EVP_PKEY_fromdata")
        return try check(key, "EVP_PKEY_fromdata")
    }

    var isEC: Bool { EVP_PKEY_get_base_id(key) == NID_X9_62_id_ecPublicKey }

    /// PEM, unencrypted: the older form for RSA (PKCS #1) and EC (RFC 5915), PKCS #8 for all others.
    package func pem() throws(CryptographyError) -> String {
        let isOlder = isEC || EVP_PKEY_get_base_id(key) == NID_rsaEncryption
        return try pemText { memory in
            isOlder
                ? PEM_write_bio_PrivateKey_traditional(memory, key, nil, nil, 0, nil, nil)
                : PEM_write_bio_PrivateKey(memory, key, nil, nil, 0, nil, nil)
        }
    }
}

/// A C string that outlives the call: a parameter builder keeps the pointers of its names and texts.
func lasting(_ text: StaticString) -> UnsafePointer<CChar> {
    UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// What a PEM writer writes; the memory is wiped after.
func pemText(_ write: (OpaquePointer) -> Int32) throws(CryptographyError) -> String {
    let memory = try check(BIO_new(BIO_s_secmem()), "BIO_new")
    defer { BIO_free(memory) }
    try check(write(memory), "PEM_write_bio")
    var text: [UInt8] = [], part = [UInt8](repeating: 0, count: 4096)
    while true {
        let count = BIO_read(memory, &part, Int32(part.count))
        guard count > 0 else { break }
        text += part.prefix(Int(count))
    }
    return String(decoding: text, as: UTF8.self)
}
