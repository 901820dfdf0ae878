import CCrypto

/// bcrypt, by the C library's crypt(3): what `htpasswd` files and many login forms keep.
package enum Bcrypt {
    /// `$2a$10$` with salt and hash.
    /// - Parameters:
    ///   - password: at most 72 bytes, more would not count; no zero byte.
    ///   - salt: 16 bytes.
    package static func hash(_ password: [UInt8], salt: [UInt8], cost: Int = 10) throws(CryptographyError) -> String {
        guard password.count <= 72 else { throw .invalidInput("password length exceeds 72 bytes") }
        guard !password.contains(0) else { throw .invalidInput("a password for bcrypt has no zero byte") }
        guard salt.count == 16, (4...31).contains(cost) else { throw .invalidInput("bcrypt takes a salt of 16 bytes") }
        let setting = "$2a$\(cost < 10 ? "0" : "")\(cost)$\(radix64(salt))"
        let text: String? = withUnsafeTemporaryAllocation(of: crypt_data.self, capacity: 1) { data in
            guard let data = data.baseAddress else { return nil }
            let size = MemoryLayout<crypt_data>.size
            memset(data, 0, size)
            defer { OPENSSL_cleanse(data, size) }
            let answer = (password + [0]).withUnsafeBufferPointer { password in
                password.withMemoryRebound(to: CChar.self) { crypt_rn($0.baseAddress, setting, data, Int32(size)) }
            }
            return answer.map { String(cString: $0) }
        }
        guard let text, text.hasPrefix("$2a$") else { throw .library("crypt_rn does not know bcrypt") }
        return text
    }

    /// bcrypt's own base64: another alphabet, and no padding.
    private static func radix64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
        var out: [UInt8] = [], buffer: UInt32 = 0, held: UInt32 = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            held += 8
            while held >= 6 {
                held -= 6
                out.append(alphabet[Int(buffer >> held & 63)])
            }
        }
        if held > 0 { out.append(alphabet[Int(buffer << (6 - held) & 63)]) }
        return String(decoding: out, as: UTF8.self)
    }
}
