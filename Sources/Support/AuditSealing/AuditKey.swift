import AuditRules
import Cryptography

/// The key that signs the ends of the chain. It follows from the broker's root key, so whoever has that can check them, too.
package struct AuditKey: Sendable {
    package let publicKey: [UInt8]
    private let seed: SecretBytes

    package init(rootKey: SecretBytes) throws(CryptographyError) {
        seed = try HKDFSHA256.derive(from: rootKey, info: "martlet audit signature 1", count: Ed25519.seedByteCount)
        publicKey = try Ed25519.publicKey(of: seed)
    }

    /// The mark with this key and its signature.
    package func sign(_ mark: AuditMark) throws(CryptographyError) -> AuditMark {
        var mark = mark
        mark.key = publicKey
        mark.signature = try Ed25519.sign(mark.signedBytes, seed: seed)
        return mark
    }

    /// Whether a mark is signed by one of the keys.
    package static func isSigned(_ mark: AuditMark, by keys: [AuditKey]) -> Bool {
        keys.contains { $0.publicKey == mark.key }
            && (try? Ed25519.isSignature(mark.signature, of: mark.signedBytes, by: mark.key)) == true
    }
}
