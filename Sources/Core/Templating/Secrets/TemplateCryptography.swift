/// What templates need of a cryptographic library: Core has none, so whoever renders brings it.
package protocol TemplateCryptography: Sendable {
    /// bcrypt with cost 10, as `$2a$10$...`.
    /// - Parameter salt: 16 bytes.
    func bcrypt(_ password: [UInt8], salt: [UInt8]) throws(TemplateCryptographyError) -> String

    /// scrypt (RFC 7914) with N 32768, r 8, p 2.
    func scrypt(_ password: [UInt8], salt: [UInt8], count: Int) throws(TemplateCryptographyError) -> [UInt8]

    /// AES-256 in CBC mode over whole blocks, without padding.
    func encrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(TemplateCryptographyError) -> [UInt8]
    func decrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(TemplateCryptographyError) -> [UInt8]

    /// A new private key as PEM; the same bytes give the same key.
    func privateKey(
        _ kind: TemplateKeyKind, randomBytes: @Sendable (Int) -> [UInt8]
    ) throws(TemplateCryptographyError) -> String

    /// Whether a text is a certificate and the other a private key, both as PEM.
    func check(certificate: [UInt8], key: [UInt8]) throws(TemplateCryptographyError)

    /// A new certificate; the same request and bytes give the same one.
    func certificate(
        _ request: TemplateCertificateRequest, randomBytes: @Sendable (Int) -> [UInt8]
    ) throws(TemplateCryptographyError) -> (certificate: String, key: String)
}

/// Why a key or certificate was not made; the text holds no key.
package struct TemplateCryptographyError: Error, Sendable, Hashable {
    package let message: String

    package init(_ message: String) { self.message = message }
}

package enum TemplateKeyKind: Sendable, Hashable {
    /// Bits of the modulus.
    case rsa(Int)
    case p256
    case ed25519
}

/// A certificate as Sprig's functions ask for it: for servers and clients, signed by itself or by a given one.
package struct TemplateCertificateRequest: Sendable, Hashable {
    package var commonName: String
    package var addresses: [String] = []
    package var names: [String] = []
    /// Seconds since 1970.
    package var notBefore: Int64
    package var notAfter: Int64
    package var isAuthority = false
    /// PEM; nil: a new RSA key of 2048 bits.
    package var key: String?
    /// The certificate that signs and its key, both PEM; nil: it signs itself.
    package var signer: Signer?

    package struct Signer: Sendable, Hashable {
        package let certificate: String
        package let key: String
    }
}
