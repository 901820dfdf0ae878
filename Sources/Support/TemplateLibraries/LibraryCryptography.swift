import Cryptography
import Templating

/// What templates ask of libcrypto.
package struct LibraryCryptography: TemplateCryptography {
    package init() {}

    package func bcrypt(_ password: [UInt8], salt: [UInt8]) throws(TemplateCryptographyError) -> String {
        try Self.answer { () throws(CryptographyError) in try Bcrypt.hash(password, salt: salt) }
    }

    package func scrypt(_ password: [UInt8], salt: [UInt8], count: Int) throws(TemplateCryptographyError) -> [UInt8] {
        try Self.answer { () throws(CryptographyError) in
            try Scrypt.derive(from: SecretBytes(password), salt: salt, parallelism: 2, count: count).copyBytes()
        }
    }

    package func encrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(TemplateCryptographyError) -> [UInt8] {
        try Self.answer { () throws(CryptographyError) in try AESCBC.encrypt(blocks, key: key, vector: vector) }
    }

    package func decrypt(_ blocks: [UInt8], key: [UInt8], vector: [UInt8]) throws(TemplateCryptographyError) -> [UInt8] {
        try Self.answer { () throws(CryptographyError) in try AESCBC.decrypt(blocks, key: key, vector: vector) }
    }

    package func privateKey(
        _ kind: TemplateKeyKind, randomBytes: @Sendable (Int) -> [UInt8]
    ) throws(TemplateCryptographyError) -> String {
        try Self.answer { () throws(CryptographyError) in try Self.key(kind, randomBytes).pem() }
    }

    private static func key(
        _ kind: TemplateKeyKind, _ randomBytes: @Sendable (Int) -> [UInt8]
    ) throws(CryptographyError) -> PrivateKey {
        switch kind {
        case .rsa(let bits): try .rsa(bits: bits, randomBytes: randomBytes)
        case .p256: try .p256(randomBytes: randomBytes)
        case .ed25519: try .ed25519(randomBytes: randomBytes)
        }
    }

    package func check(certificate: [UInt8], key: [UInt8]) throws(TemplateCryptographyError) {
        try Self.answer("error parsing certificate: ") { () throws(CryptographyError) in _ = try Certificate(pem: certificate) }
        try Self.answer("error parsing private key: ") { () throws(CryptographyError) in _ = try PrivateKey(pem: key) }
    }

    package func certificate(
        _ request: TemplateCertificateRequest, randomBytes: @Sendable (Int) -> [UInt8]
    ) throws(TemplateCryptographyError) -> (certificate: String, key: String) {
        let key = try Self.answer(request.key == nil ? "error generating rsa key: " : "parsing private key: ") {
            () throws(CryptographyError) in
            guard let pem = request.key else { return try PrivateKey.rsa(bits: 2048, randomBytes: randomBytes) }
            return try PrivateKey(pem: Array(pem.utf8))
        }
        var signer: (certificate: Certificate, key: PrivateKey)?
        if let given = request.signer {
            signer = (
                try Self.answer("error parsing certificate: ") { () throws(CryptographyError) in
                    try Certificate(pem: Array(given.certificate.utf8))
                },
                try Self.answer("error parsing private key: ") { () throws(CryptographyError) in
                    try PrivateKey(pem: Array(given.key.utf8))
                }
            )
        }
        var wanted = Certificate.Request(
            commonName: request.commonName, notBefore: request.notBefore, notAfter: request.notAfter, serial: randomBytes(16))
        wanted.addresses = request.addresses
        wanted.names = request.names
        wanted.isAuthority = request.isAuthority
        return try Self.answer("error creating certificate: ") { () throws(CryptographyError) in
            (try Certificate.make(wanted, for: key, signer: signer).pem(), try key.pem())
        }
    }

    /// libcrypto's reasons hold no key.
    private static func answer<Result>(
        _ context: String = "", _ body: () throws(CryptographyError) -> Result
    ) throws(TemplateCryptographyError) -> Result {
        do throws(CryptographyError) {
            return try body()
        } catch {
            guard case .invalidInput(let what) = error else { throw TemplateCryptographyError(context + error.description) }
            throw TemplateCryptographyError(context + what)
        }
    }
}
