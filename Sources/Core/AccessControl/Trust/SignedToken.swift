import PlatformModel

/// A JSON Web Token in its compact form (RFC 7515, RFC 7519), read and not yet believed.
package struct SignedToken: Sendable, Hashable {
    package static let longest = 16 << 10

    package let algorithm: String
    package let keyID: String?
    package let claims: [String: JSON]
    /// What the signature is of.
    package let signed: [UInt8]
    package let signature: [UInt8]

    package init(_ text: String) throws(TokenRefusal) {
        guard text.utf8.count <= Self.longest else { throw TokenRefusal("the token is longer than \(Self.longest) bytes") }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw TokenRefusal("the token is no JSON Web Token of three parts") }
        let header = try Self.object(parts[0], "header")
        claims = try Self.object(parts[1], "claims")
        guard let signature = Base64URL.decode(parts[2]) else { throw TokenRefusal("the token's signature is not base64url") }
        self.signature = signature
        signed = Array((parts[0] + "." + parts[1]).utf8)
        guard let algorithm = header["alg"]?.string else { throw TokenRefusal("the token's header names no algorithm") }
        self.algorithm = algorithm
        // RFC 7515, section 4.1.11: what is marked as critical and not understood makes it invalid; we understand none.
        guard header["crit"] == nil, header["b64"] == nil else {
            throw TokenRefusal("the token's header has extensions that are not known here")
        }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let text)? where (1...512).contains(text.utf8.count): keyID = text
        default: throw TokenRefusal("the token's kid is no text of 1 to 512 bytes")
        }
    }

    private static func object(_ part: Substring, _ name: String) throws(TokenRefusal) -> [String: JSON] {
        guard let bytes = Base64URL.decode(part), let object = (try? JSON.parse(bytes))?.object else {
            throw TokenRefusal("the token's \(name) is no JSON object in base64url")
        }
        return object
    }

    /// A time of its claims, in seconds since 1970.
    func seconds(_ claim: String) throws(TokenRefusal) -> Int64? {
        switch claims[claim] {
        case nil: return nil
        case .int(let value)? where (0...(1 << 40)).contains(value): return value
        case .double(let value)? where (0...Double(1 << 40)).contains(value): return Int64(value)
        default: throw TokenRefusal("the token's \(claim) is no time")
        }
    }
}
