import PlatformModel

/// The public keys of an issuer (RFC 7517).
package struct KeySet: Sendable, Hashable {
    package enum Numbers: Sendable, Hashable {
        case rsa(modulus: [UInt8], exponent: [UInt8])
        case p256(x: [UInt8], y: [UInt8])
        case ed25519([UInt8])

        /// What it signs with; a key is never used for anything else.
        package var algorithm: TokenAlgorithm {
            switch self {
            case .rsa: .rs256
            case .p256: .es256
            case .ed25519: .eddsa
            }
        }
    }

    package struct Key: Sendable, Hashable {
        package var id: String?
        package var numbers: Numbers
    }

    package static let mostKeys = 64

    package let keys: [Key]

    /// Keys of other kinds and for other uses are left out: an issuer may have some.
    package init(_ document: JSON) throws(TokenRefusal) {
        guard let list = document["keys"]?.array else { throw TokenRefusal("the issuer's key set has no list `keys`") }
        guard list.count <= Self.mostKeys else { throw TokenRefusal("the issuer has more than \(Self.mostKeys) keys") }
        keys = list.compactMap(Self.key)
    }

    /// The one key that a token of this algorithm may be signed with. Without a `kid` there must be no choice.
    package func key(id: String?, for algorithm: TokenAlgorithm) -> Key? {
        let usable = keys.filter { $0.numbers.algorithm == algorithm && (id == nil || $0.id == id) }
        return usable.count == 1 ? usable[0] : nil
    }

    private static func key(_ entry: JSON) -> Key? {
        func bytes(_ name: String) -> [UInt8]? { entry[name]?.string.flatMap { Base64URL.decode($0) } }
        guard [nil, "sig"].contains(entry["use"]?.string) else { return nil }
        if let operations = entry["key_ops"]?.array, !operations.contains("verify") { return nil }
        let numbers: Numbers
        switch (entry["kty"]?.string, entry["crv"]?.string) {
        case ("RSA", _):
            guard let modulus = bytes("n"), let exponent = bytes("e") else { return nil }
            numbers = .rsa(modulus: modulus, exponent: exponent)
        case ("EC", "P-256"):
            guard let x = bytes("x"), let y = bytes("y"), x.count == 32, y.count == 32 else { return nil }
            numbers = .p256(x: x, y: y)
        case ("OKP", "Ed25519"):
            guard let x = bytes("x"), x.count == 32 else { return nil }
            numbers = .ed25519(x)
        default: return nil
        }
        if let named = entry["alg"]?.string, named != numbers.algorithm.rawValue { return nil }
        return Key(id: entry["kid"]?.string, numbers: numbers)
    }
}
