import PlatformModel
import Synchronization
import Testing

@testable import Cryptography

/// Bytes that are spread, and the same every time.
private final class Bytes: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) { state = Mutex(seed) }

    func next(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
        }
    }
}

@Suite struct CertificateTests {
    @Test func untilWhenAndForWhom() throws {
        let bytes = Bytes(3), key = try PrivateKey.ed25519(randomBytes: bytes.next)
        var request = Certificate.Request(
            commonName: "one", notBefore: 1_700_000_000, notAfter: 1_900_000_000, serial: bytes.next(16))
        request.names = ["martlet.example.org", "*.apps.example.org"]
        request.addresses = ["192.0.2.7", "::1"]
        let certificate = try Certificate.make(request, for: key)
        #expect(try certificate.goodUntil() == 1_900_000_000)
        for name in ["martlet.example.org", "MARTLET.example.org", "a.apps.example.org", "192.0.2.7", "::1"] {
            #expect(certificate.isFor(name), "\(name)")
        }
        for name in ["example.org", "a.b.apps.example.org", "192.0.2.8", "one", "", "::2"] {
            #expect(!certificate.isFor(name), "\(name)")
        }
    }

    enum Kind: CaseIterable {
        case rsa, p256, ed25519

        func key(_ seed: UInt64) throws(CryptographyError) -> PrivateKey {
            let bytes = Bytes(seed)
            switch self {
            case .rsa: return try .rsa(bits: 1024, randomBytes: bytes.next)
            case .p256: return try .p256(randomBytes: bytes.next)
            case .ed25519: return try .ed25519(randomBytes: bytes.next)
            }
        }

        var heading: String {
            switch self {
            case .rsa: "-----BEGIN RSA PRIVATE KEY-----\n"
            case .p256: "-----BEGIN EC PRIVATE KEY-----\n"
            case .ed25519: "-----BEGIN PRIVATE KEY-----\n"
            }
        }
    }

    private func request(_ name: String) -> Certificate.Request {
        var request = Certificate.Request(
            commonName: name, notBefore: 1_772_892_309, notAfter: 1_772_892_309 + 86_400, serial: Bytes(9).next(16))
        request.names = ["a.test", "*.b.test"]
        request.addresses = ["10.0.0.1", "::1"]
        return request
    }

    @Test("The same bytes give the same key, others another, and it reads back", arguments: Kind.allCases)
    func keys(_ kind: Kind) throws {
        let pem = try kind.key(1).pem()
        #expect(pem.hasPrefix(kind.heading))
        #expect(try kind.key(1).pem() == pem)
        #expect(try kind.key(2).pem() != pem)
        #expect(try PrivateKey(pem: Array(pem.utf8)).pem() == pem)
    }

    @Test("Chains hold, and the same request gives the same certificate", arguments: Kind.allCases)
    func certificates(_ kind: Kind) throws {
        var authorityRequest = request("An Authority")
        authorityRequest.isAuthority = true
        let authorityKey = try kind.key(3), key = try kind.key(4)
        let authority = try Certificate.make(authorityRequest, for: authorityKey)
        #expect(authority.isSigned(by: authority))
        let signed = try Certificate.make(request("é ünïcode"), for: key, signer: (authority, authorityKey))
        #expect(signed.isSigned(by: authority))
        #expect(!signed.isSigned(by: signed))
        let again = try Certificate.make(
            request("é ünïcode"), for: key, signer: (Certificate(pem: Array(try authority.pem().utf8)), authorityKey))
        #expect(try again.pem() == signed.pem())
        #expect(throws: CryptographyError.self) { try Certificate.make(request("x"), for: key, signer: (authority, key)) }
    }

    @Test("What is no name or address is refused", arguments: ["a,DNS:b", "a b", "", "é.test"])
    func names(_ name: String) throws {
        let key = try Kind.ed25519.key(1)
        var named = request("x"), addressed = request("x")
        named.names = [name]
        addressed.addresses = [name]
        #expect(throws: CryptographyError.self) { try Certificate.make(named, for: key) }
        #expect(throws: CryptographyError.self) { try Certificate.make(addressed, for: key) }
    }

    @Test func notPEM() throws {
        for text in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(throws: CryptographyError.self) { try PrivateKey(pem: Array(text.utf8)) }
            #expect(throws: CryptographyError.self) { try Certificate(pem: Array(text.utf8)) }
        }
    }

    @Test("bcrypt as crypt_blowfish's own test has it")
    func bcrypt() throws {
        let salt = (0..<16).map { [0x10, 0x41, 0x04][$0 % 3] as UInt8 }
        #expect(
            try Bcrypt.hash(Array("U*U".utf8), salt: salt, cost: 5)
                == "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")
        #expect(throws: CryptographyError.self) {
            try Bcrypt.hash([UInt8](repeating: 65, count: 73), salt: salt, cost: 5)
        }
        #expect(throws: CryptographyError.self) { try Bcrypt.hash([0], salt: salt, cost: 5) }
    }

    @Test("AES-256-CBC, NIST SP 800-38A F.2.5")
    func aes() throws {
        let bytes = try #require(Hexadecimal.decode("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))
        let vector = (0..<16).map { UInt8($0) }
        let plain = try #require(Hexadecimal.decode("6bc1bee22e409f96e93d7e117393172a"))
        let sealed = try AESCBC.encrypt(plain, key: bytes, vector: vector)
        #expect(sealed == Hexadecimal.decode("f58c4c04d6e5f1ba779eabfb5f7bfbd6"))
        #expect(try AESCBC.decrypt(sealed, key: bytes, vector: vector) == plain)
        #expect(throws: CryptographyError.self) { try AESCBC.decrypt([1], key: bytes, vector: vector) }
    }
}
