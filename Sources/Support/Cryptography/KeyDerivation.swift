import CCrypto

/// HKDF with SHA-256 (RFC 5869): from one strong key, many that reveal nothing about each other.
package enum HKDFSHA256 {
    /// `count` bytes, at most 255 * 32. `info` says what the key is for; two purposes never share it.
    package static func derive(
        from key: SecretBytes, salt: [UInt8] = [], info: String, count: Int
    ) throws(CryptographyError) -> SecretBytes {
        try derive(from: key, salt: salt, info: Array(info.utf8), count: count)
    }

    package static func derive(
        from key: SecretBytes, salt: [UInt8] = [], info: [UInt8], count: Int
    ) throws(CryptographyError) -> SecretBytes {
        guard (1...255 * HMACSHA256.byteCount).contains(count) else {
            throw .invalidInput("HKDF gives 1 to \(255 * HMACSHA256.byteCount) bytes, \(count) were asked")
        }
        // Section 2.2: without a salt, a hash length of zeros.
        let salt = salt.isEmpty ? [UInt8](repeating: 0, count: HMACSHA256.byteCount) : salt
        var extracted = try HMACSHA256.authenticate(key.copyBytes(), key: SecretBytes(salt))
        let pseudorandomKey = SecretBytes(wiping: &extracted)
        var output: [UInt8] = [], block: [UInt8] = []
        output.reserveCapacity(count + HMACSHA256.byteCount)
        var counter: UInt8 = 1
        while output.count < count {
            block = try HMACSHA256.authenticate(block + info + [counter], key: pseudorandomKey)
            output += block
            counter &+= 1
        }
        let derived = SecretBytes(output.prefix(count))
        output.wipe()
        return derived
    }
}

/// scrypt (RFC 7914): for what a person chose, which is weak and must be slow to guess.
package enum Scrypt {
    /// - Parameters:
    ///   - cost: N, a power of two; memory is about 128 * cost * blockSize bytes.
    ///   - memoryLimit: bytes libcrypto may use; more is refused and not tried.
    package static func derive(
        from password: SecretBytes, salt: [UInt8], cost: UInt64 = 1 << 15, blockSize: UInt64 = 8, parallelism: UInt64 = 1,
        count: Int = 32, memoryLimit: UInt64 = 64 << 20
    ) throws(CryptographyError) -> SecretBytes {
        try SecretBytes(count: count) { (target) throws(CryptographyError) in
            let answer = password.withUnsafeBytes { password in
                // A null password means "only check the parameters" to libcrypto, so an empty one still needs an address.
                withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { empty in
                    EVP_PBE_scrypt(
                        (password.baseAddress ?? UnsafeRawPointer(empty.baseAddress))?.assumingMemoryBound(to: CChar.self),
                        password.count, salt, salt.count, cost, blockSize, parallelism, memoryLimit,
                        target.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
                }
            }
            try check(answer, "EVP_PBE_scrypt")
        }
    }
}
