import PlatformModel
import Testing

@testable import Cryptography

private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hexadecimal.decode(hex)) }

@Suite struct KnownAnswerTests {
    struct GCMVector: Sendable {
        var name, key, nonce, plaintext, associatedData, ciphertext, tag: String
    }

    /// McGrew and Viega, "The Galois/Counter Mode of Operation" (submitted to NIST), appendix B, test cases 13, 14 and 16.
    static let gcm: [GCMVector] = [
        GCMVector(
            name: "13", key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), plaintext: "",
            associatedData: "", ciphertext: "", tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        GCMVector(
            name: "14", key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16), associatedData: "", ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        GCMVector(
            name: "16", key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
            nonce: "cafebabefacedbaddecaf888",
            plaintext: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            ciphertext: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test(arguments: gcm) func aesGCM(_ vector: GCMVector) throws {
        let key = SecretBytes(try bytes(vector.key))
        let sealed = try AESGCM.seal(
            SecretBytes(try bytes(vector.plaintext)), key: key, nonce: bytes(vector.nonce),
            associatedData: bytes(vector.associatedData))
        #expect(Hexadecimal.encode(sealed) == vector.nonce + vector.ciphertext + vector.tag)
        let opened = try AESGCM.open(sealed, key: key, associatedData: bytes(vector.associatedData))
        #expect(Hexadecimal.encode(opened.copyBytes()) == vector.plaintext)
    }

    /// FIPS 180-4 examples, published by NIST with the standard.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ]) func sha256(_ text: String, _ digest: String) throws {
        #expect(Hexadecimal.encode(try Digest.sha256(Array(text.utf8))) == digest)
    }

    /// RFC 4231, test cases 1, 2 and 6.
    @Test(arguments: [
        (
            String(repeating: "0b", count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            "4a656665", "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            String(repeating: "aa", count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ]) func hmac(_ key: String, _ message: String, _ code: String) throws {
        let made = try HMACSHA256.authenticate(Array(message.utf8), key: SecretBytes(try bytes(key)))
        #expect(Hexadecimal.encode(made) == code)
    }

    /// RFC 5869, appendix A.1 and A.3 (no salt, no info).
    @Test(arguments: [
        (
            "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        ("", "", "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]) func hkdf(_ salt: String, _ info: String, _ derived: String) throws {
        let key = SecretBytes([UInt8](repeating: 0x0b, count: 22))
        let made = try HKDFSHA256.derive(from: key, salt: bytes(salt), info: bytes(info), count: 42)
        #expect(Hexadecimal.encode(made.copyBytes()) == derived)
    }

    /// RFC 7914, section 12, the first two.
    @Test(arguments: [
        (
            "", "", UInt64(16), UInt64(1), UInt64(1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", 1024, 8, 16,
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
    ]) func scrypt(
        _ password: String, _ salt: String, _ cost: UInt64, _ blockSize: UInt64, _ parallelism: UInt64, _ derived: String
    ) throws {
        let made = try Scrypt.derive(
            from: SecretBytes(Array(password.utf8)), salt: Array(salt.utf8), cost: cost, blockSize: blockSize,
            parallelism: parallelism, count: 64)
        #expect(Hexadecimal.encode(made.copyBytes()) == derived)
    }
}
