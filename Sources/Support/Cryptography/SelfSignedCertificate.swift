import CCrypto
import Glibc

/// A TLS server's certificate that nobody but this host vouches for: what a fresh install starts with, until the admin brings one.
package struct SelfSignedCertificate: Sendable {
    /// Longer than 825 days is refused by common clients.
    package static let validDays = 825

    /// The certificate as PEM. Clients that are to trust it are given this file as their CA.
    package let certificate: String
    /// The private key as PEM (PKCS #8), unencrypted.
    package let privateKey: SecretBytes

    /// A P-256 key and a certificate for these names. The first name is the subject's common name.
    /// - Parameter names: DNS names (a leading `*.` is allowed) and IP addresses, at least one.
    package init(names: [String]) throws(CryptographyError) {
        guard let first = names.first else { throw .invalidInput("a certificate needs a name") }
        var alternatives: [String] = []
        for name in names { alternatives.append(try Self.alternativeName(name)) }
        let key = try Self.makeKey()
        defer { EVP_PKEY_free(key) }
        let certificate = try check(X509_new(), "X509_new")
        defer { X509_free(certificate) }
        try Self.fill(certificate, key: key, commonName: first)
        try Self.addExtensions(to: certificate, alternativeNames: alternatives.joined(separator: ","))
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw libraryFailure("X509_sign") }
        var pem = try Self.text { PEM_write_bio_X509($0, certificate) }
        self.certificate = String(decoding: pem, as: UTF8.self)
        pem = try Self.text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        privateKey = SecretBytes(wiping: &pem)
    }

    /// `DNS:name` or `IP:address`; checked here, because libcrypto reads a comma in a name as the start of another.
    private static func alternativeName(_ name: String) throws(CryptographyError) -> String {
        var address = in6_addr()
        if inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1 { return "IP:\(name)" }
        let labels = (name.hasPrefix("*.") ? name.dropFirst(2) : name[...]).split(
            separator: ".", omittingEmptySubsequences: false)
        let valid = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
        guard valid, name.utf8.count <= 253 else { throw .invalidInput("'\(name)' is neither a DNS name nor an IP address") }
        return "DNS:\(name)"
    }

    private static func makeKey() throws(CryptographyError) -> OpaquePointer {
        let context = try check(EVP_PKEY_CTX_new_from_name(nil, "EC", nil), "EVP_PKEY_CTX_new_from_name")
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_keygen_init(context), "EVP_PKEY_keygen_init")
        try check(EVP_PKEY_CTX_set_group_name(context, "prime256v1"), "EVP_PKEY_CTX_set_group_name")
        var key: OpaquePointer?
        try check(EVP_PKEY_generate(context, &key), "EVP_PKEY_generate")
        return try check(key, "EVP_PKEY_generate")
    }

    private static func fill(_ certificate: OpaquePointer, key: OpaquePointer, commonName: String) throws(CryptographyError) {
        try check(X509_set_version(certificate, 2), "X509_set_version")
        // RFC 5280 4.1.2.2: positive, and 63 random bits make it unique.
        let serial = try RandomBytes.make(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1 | 1
        try check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial), "ASN1_INTEGER_set_uint64")
        // A minute back, for a client whose clock runs behind.
        _ = try check(X509_gmtime_adj(X509_getm_notBefore(certificate), -60), "X509_gmtime_adj")
        _ = try check(X509_gmtime_adj(X509_getm_notAfter(certificate), validDays * 86_400), "X509_gmtime_adj")
        try check(X509_set_pubkey(certificate, key), "X509_set_pubkey")
        let subject = X509_get_subject_name(certificate)
        let utf8: Int32 = 0x1000  // MBSTRING_UTF8, a macro that Swift does not see.
        // X.520 limits a common name to 64 characters; longer names are in the subject alternative names anyway.
        let name = Array(commonName.utf8.prefix(64))
        try check(
            X509_NAME_add_entry_by_txt(subject, "CN", utf8, name, Int32(name.count), -1, 0), "X509_NAME_add_entry_by_txt")
        try check(X509_set_issuer_name(certificate, subject), "X509_set_issuer_name")
    }

    private static func addExtensions(to certificate: OpaquePointer, alternativeNames: String) throws(CryptographyError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        // No key usage: without keyCertSign in it, OpenSSL and BoringSSL do not take the certificate for its own issuer, and who is no
        // authority must not claim keyCertSign (RFC 5280 section 4.2.1.9).
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_ext_key_usage, "serverAuth"), (NID_subject_key_identifier, "hash"),
            (NID_subject_alt_name, alternativeNames),
        ]
        for (kind, value) in extensions {
            let made = try check(X509V3_EXT_nconf_nid(nil, &context, kind, value), "X509V3_EXT_nconf_nid")
            defer { X509_EXTENSION_free(made) }
            try check(X509_add_ext(certificate, made, -1), "X509_add_ext")
        }
    }

    private static func text(_ write: (OpaquePointer) -> Int32) throws(CryptographyError) -> [UInt8] {
        // secmem: libcrypto wipes this buffer when it frees it.
        let memory = try check(BIO_new(BIO_s_secmem()), "BIO_new")
        defer { BIO_free(memory) }
        try check(write(memory), "PEM_write_bio")
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = BIO_read(memory, &bytes, Int32(bytes.count))
        guard count > 0, count < bytes.count else { throw libraryFailure("BIO_read") }
        bytes.removeLast(bytes.count - Int(count))
        return bytes
    }
}
