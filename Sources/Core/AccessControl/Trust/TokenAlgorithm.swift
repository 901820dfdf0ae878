/// How the token of an issuer is signed (RFC 7518, RFC 8037). There is no other, so none of them can be talked into `none` or a shared secret.
package enum TokenAlgorithm: String, Sendable, Hashable, Codable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case eddsa = "EdDSA"
}

/// Why somebody's token brings them nothing. The words are for the organisation that trusts the issuer, not for whoever presents it.
package struct TokenRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
