import CCrypto
import Glibc

/// An X.509 certificate (RFC 5280) that was read or made.
package final class Certificate {
    let certificate: OpaquePointer

    private init(_ certificate: OpaquePointer) { self.certificate = certificate }

    deinit { X509_free(certificate) }

    /// Reads a certificate in PEM.
    package convenience init(pem: [UInt8]) throws(CryptographyError) {
        let memory = try check(BIO_new_mem_buf(pem, Int32(clamping: pem.count)), "BIO_new_mem_buf")
        defer { BIO_free(memory) }
        guard let certificate = PEM_read_bio_X509(memory, nil, { _, _, _, _ in -1 }, nil) else {
            ERR_clear_error()
            throw .invalidInput("no certificate in PEM")
        }
        self.init(certificate)
    }

    package func pem() throws(CryptographyError) -> String { try pemText { PEM_write_bio_X509($0, certificate) } }

    /// Whether another certificate's key made this one's signature.
    package func isSigned(by other: Certificate) -> Bool {
        defer { ERR_clear_error() }
        return X509_verify(certificate, X509_get0_pubkey(other.certificate)) == 1
    }

    /// What is to be certified: a name for servers and clients, or an authority.
    package struct Request {
        package var commonName: String
        package var addresses: [String] = []
        package var names: [String] = []
        /// Seconds since 1970.
        package var notBefore: Int64
        package var notAfter: Int64
        package var isAuthority = false
        /// 16 bytes.
        package var serial: [UInt8]

        package init(commonName: String, notBefore: Int64, notAfter: Int64, serial: [UInt8]) {
            self.commonName = commonName
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.serial = serial
        }
    }

    /// Signs a request for a key; the same input gives the same certificate.
    /// - Parameter signer: the certificate that signs with its key; nil: the new one signs itself.
    package static func make(
        _ request: Request, for key: PrivateKey, signer: (certificate: Certificate, key: PrivateKey)? = nil
    ) throws(CryptographyError) -> Certificate {
        if let signer, X509_check_private_key(signer.certificate.certificate, signer.key.key) != 1 {
            ERR_clear_error()
            throw .invalidInput("the private key does not belong to the certificate that signs")
        }
        let made = Certificate(try check(X509_new(), "X509_new"))
        try made.fill(request, key)
        let issuer = signer?.certificate ?? made
        try check(X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer.certificate)), "X509_set_issuer_name")
        try made.addExtensions(request, issuer: issuer)
        try made.sign(with: signer?.key ?? key)
        return made
    }

    private func fill(_ request: Request, _ key: PrivateKey) throws(CryptographyError) {
        try check(X509_set_version(certificate, 2), "X509_set_version")
        let serial = try check(BN_bin2bn(request.serial, Int32(request.serial.count), nil), "BN_bin2bn")
        defer { BN_free(serial) }
        // RFC 5280 4.1.2.2: positive and at most 20 bytes; the highest bit stays clear of the sign.
        if BN_is_zero(serial) == 1 { try check(BN_set_word(serial, 1), "BN_set_word") }
        _ = try check(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)), "BN_to_ASN1_INTEGER")
        _ = try check(ASN1_TIME_set(X509_getm_notBefore(certificate), Int(request.notBefore)), "ASN1_TIME_set")
        _ = try check(ASN1_TIME_set(X509_getm_notAfter(certificate), Int(request.notAfter)), "ASN1_TIME_set")
        try check(X509_set_pubkey(certificate, key.key), "X509_set_pubkey")
        if request.commonName.isEmpty { return }
        let name = Array(request.commonName.utf8)
        let isPlain = name.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || " '()+,-./:=?".utf8.contains(byte)
        }
        // As types, not as MBSTRING: libcrypto would hold a common name to X.520's 64 characters.
        try check(
            X509_NAME_add_entry_by_NID(
                X509_get_subject_name(certificate), NID_commonName, isPlain ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING, name,
                Int32(clamping: name.count), -1, 0), "X509_NAME_add_entry_by_NID")
    }

    private func addExtensions(_ request: Request, issuer: Certificate) throws(CryptographyError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer.certificate, certificate, nil, nil, 0)
        var extensions: [(Int32, String)] = [
            (NID_key_usage, "critical,digitalSignature,keyEncipherment" + (request.isAuthority ? ",keyCertSign" : "")),
            (NID_ext_key_usage, "serverAuth,clientAuth"),
            (NID_basic_constraints, "critical,CA:" + (request.isAuthority ? "TRUE" : "FALSE")),
        ]
        if request.isAuthority { extensions.append((NID_subject_key_identifier, "hash")) }
        let isOther = X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(certificate)) != 0
        if isOther, X509_get_ext_by_NID(issuer.certificate, NID_subject_key_identifier, -1) >= 0 {
            extensions.append((NID_authority_key_identifier, "keyid"))
        }
        var alternatives: [String] = []
        for name in request.names { alternatives.append("DNS:\(try Self.plain(name))") }
        for address in request.addresses { alternatives.append("IP:\(try Self.address(address))") }
        if !alternatives.isEmpty { extensions.append((NID_subject_alt_name, alternatives.joined(separator: ","))) }
        for (kind, value) in extensions {
            let made = try check(X509V3_EXT_nconf_nid(nil, &context, kind, value), "X509V3_EXT_nconf_nid")
            defer { X509_EXTENSION_free(made) }
            try check(X509_add_ext(certificate, made, -1), "X509_add_ext")
        }
    }

    /// libcrypto reads a comma in a name as the start of another, and spaces not at all.
    private static func plain(_ name: String) throws(CryptographyError) -> String {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._*".utf8.contains(byte)
        }
        guard isPlain, (1...253).contains(name.utf8.count) else { throw .invalidInput("'\(name)' is not a DNS name") }
        return name
    }

    private static func address(_ text: String) throws(CryptographyError) -> String {
        var address = in6_addr()
        guard inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1 else {
            throw .invalidInput("error parsing ip: \(text)")
        }
        return text
    }

    private func sign(with key: PrivateKey) throws(CryptographyError) {
        let digest: OpaquePointer?
        switch EVP_PKEY_get_base_id(key.key) {
        case NID_ED25519: digest = nil
        case NID_X9_62_id_ecPublicKey:
            let bits = EVP_PKEY_get_bits(key.key)
            digest = bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256()
        default: digest = EVP_sha256()
        }
        guard X509_sign(certificate, key.key, digest) > 0 else { throw libraryFailure("X509_sign") }
        if key.isEC { try signAgain(with: key, digest: digest) }
    }

    /// X509_sign draws a random number for ECDSA: its signature is replaced by one that is the same each time.
    private func signAgain(with key: PrivateKey, digest: OpaquePointer?) throws(CryptographyError) {
        var body: UnsafeMutablePointer<UInt8>?
        let count = i2d_re_X509_tbs(certificate, &body)
        defer { CRYPTO_free(body, #file, #line) }
        guard count > 0, let body else { throw libraryFailure("i2d_re_X509_tbs") }
        var hash = [UInt8](repeating: 0, count: 64), length: UInt32 = 0
        try check(EVP_Digest(body, Int(count), &hash, &length, digest, nil), "EVP_Digest")
        let signature = try DeterministicECDSA.sign(Array(hash.prefix(Int(length))), with: key)
        var held: UnsafePointer<ASN1_BIT_STRING>?
        X509_get0_signature(&held, nil, certificate)
        guard let held else { throw libraryFailure("X509_get0_signature") }
        try check(
            ASN1_STRING_set(UnsafeMutablePointer(mutating: held), signature, Int32(signature.count)), "ASN1_STRING_set")
        guard X509_verify(certificate, key.key) == 1 else { throw libraryFailure("X509_verify") }
    }
}
