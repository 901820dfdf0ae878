import PlatformModel
import Testing

@testable import Cryptography

@Suite struct X25519Tests {
    private static let alice = (
        key: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
        publicKey: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    )
    private static let bob = (
        key: "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
        publicKey: "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    )

    /// RFC 7748, section 6.1.
    @Test func knownAnswer() throws {
        let alice = SecretBytes(try #require(Hexadecimal.decode(Self.alice.key)))
        let bob = SecretBytes(try #require(Hexadecimal.decode(Self.bob.key)))
        #expect(Hexadecimal.encode(try X25519.publicKey(of: alice)) == Self.alice.publicKey)
        #expect(Hexadecimal.encode(try X25519.publicKey(of: bob)) == Self.bob.publicKey)
        let shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
        #expect(Hexadecimal.encode(try X25519.agree(alice, with: X25519.publicKey(of: bob)).copyBytes()) == shared)
        #expect(Hexadecimal.encode(try X25519.agree(bob, with: X25519.publicKey(of: alice)).copyBytes()) == shared)
    }

    /// A public key of small order, and what is no key.
    @Test func whatGivesNoSecretIsRefused() throws {
        let key = try X25519.makePrivateKey()
        for wrong in [
            [UInt8](repeating: 0, count: 32), [1] + [UInt8](repeating: 0, count: 31), [], [UInt8](repeating: 1, count: 31),
        ] {
            #expect(throws: CryptographyError.self) { try X25519.agree(key, with: wrong) }
        }
        #expect(throws: CryptographyError.self) { try X25519.publicKey(of: SecretBytes([1, 2, 3])) }
        #expect(try X25519.makePrivateKey() != X25519.makePrivateKey())
    }
}
