import CCrypto

/// ECDSA whose secret number follows from key and message (the idea of RFC 6979), so that signing twice gives the same signature.
enum DeterministicECDSA {
    /// The signature of a digest, in DER.
    static func sign(_ digest: [UInt8], with key: PrivateKey) throws(CryptographyError) -> [UInt8] {
        var name = [CChar](repeating: 0, count: 80), length = 0
        try check(EVP_PKEY_get_group_name(key.key, &name, name.count, &length), "EVP_PKEY_get_group_name")
        let group = try check(EC_GROUP_new_by_curve_name(OBJ_txt2nid(name)), "EC_GROUP_new_by_curve_name")
        defer { EC_GROUP_free(group) }
        let context = try check(BN_CTX_secure_new(), "BN_CTX_secure_new")
        defer { BN_CTX_free(context) }
        var secret: OpaquePointer?
        try check(EVP_PKEY_get_bn_param(key.key, "priv", &secret), "EVP_PKEY_get_bn_param")
        let scalar = try check(secret, "EVP_PKEY_get_bn_param")
        defer { BN_clear_free(scalar) }
        let signer = Signer(group: group, scalar: scalar, context: context)
        for attempt in UInt8(0)..<64 {
            if let signature = try signer.sign(digest, attempt: attempt) { return signature }
        }
        throw .library("no ECDSA signature was found")
    }

    private struct Signer {
        let group: OpaquePointer
        let scalar: OpaquePointer
        let context: OpaquePointer

        /// Nil when the number of this attempt does not serve.
        func sign(_ digest: [UInt8], attempt: UInt8) throws(CryptographyError) -> [UInt8]? {
            let order = try check(EC_GROUP_get0_order(group), "EC_GROUP_get0_order"), bits = Int(BN_num_bits(order))
            BN_CTX_start(context)
            defer { BN_CTX_end(context) }
            let nonce = try check(BN_CTX_get(context), "BN_CTX_get"), hash = try check(BN_CTX_get(context), "BN_CTX_get")
            let x = try check(BN_CTX_get(context), "BN_CTX_get"), sum = try check(BN_CTX_get(context), "BN_CTX_get")
            try fill(nonce, digest, attempt: attempt, bits: bits)
            guard BN_is_zero(nonce) == 0, BN_cmp(nonce, order) < 0 else { return nil }
            let point = try check(EC_POINT_new(group), "EC_POINT_new")
            defer { EC_POINT_clear_free(point) }
            try check(EC_POINT_mul(group, point, nonce, nil, nil, context), "EC_POINT_mul")
            try check(EC_POINT_get_affine_coordinates(group, point, x, nil, context), "EC_POINT_get_affine_coordinates")
            let r = try check(BN_new(), "BN_new"), s = try check(BN_new(), "BN_new")
            let signature = try check(ECDSA_SIG_new(), "ECDSA_SIG_new")
            defer { ECDSA_SIG_free(signature) }
            // The signature owns both from here.
            try check(ECDSA_SIG_set0(signature, r, s), "ECDSA_SIG_set0")
            try check(BN_nnmod(r, x, order, context), "BN_nnmod")
            // Of a longer digest only the leftmost bits count.
            _ = try check(BN_bin2bn(digest, Int32(digest.count), hash), "BN_bin2bn")
            if digest.count * 8 > bits { try check(BN_rshift(hash, hash, Int32(digest.count * 8 - bits)), "BN_rshift") }
            try check(BN_mod_mul(sum, r, scalar, order, context), "BN_mod_mul")
            try check(BN_mod_add(sum, sum, hash, order, context), "BN_mod_add")
            _ = try check(BN_mod_inverse(nonce, nonce, order, context), "BN_mod_inverse")
            try check(BN_mod_mul(s, nonce, sum, order, context), "BN_mod_mul")
            guard BN_is_zero(r) == 0, BN_is_zero(s) == 0 else { return nil }
            var encoded: UnsafeMutablePointer<UInt8>?
            let count = i2d_ECDSA_SIG(signature, &encoded)
            defer { CRYPTO_free(encoded, #file, #line) }
            guard count > 0, let encoded else { throw libraryFailure("i2d_ECDSA_SIG") }
            return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
        }

        /// As many bits as the order has, out of HMACs of the digest under the key.
        private func fill(
            _ nonce: OpaquePointer, _ digest: [UInt8], attempt: UInt8, bits: Int
        ) throws(CryptographyError) {
            let size = (bits + 7) / 8
            let key = try SecretBytes(count: size) { (buffer) throws(CryptographyError) in
                let target = buffer.baseAddress?.assumingMemoryBound(to: UInt8.self)
                guard BN_bn2binpad(scalar, target, Int32(size)) == Int32(size) else { throw libraryFailure("BN_bn2binpad") }
            }
            var bytes: [UInt8] = []
            for block in UInt8(0)...UInt8(size / 32) {
                bytes += try HMACSHA256.authenticate(digest + [attempt, block], key: key)
            }
            bytes = Array(bytes.prefix(size))
            defer { bytes.wipe() }
            _ = try check(BN_bin2bn(bytes, Int32(size), nonce), "BN_bin2bn")
            if size * 8 > bits { try check(BN_rshift(nonce, nonce, Int32(size * 8 - bits)), "BN_rshift") }
        }
    }
}
