import CCrypto
import Cryptography
import Testing

@Suite struct SelfSignedCertificateTests {
    @Test func carriesItsNamesAndItsKey() throws {
        let made = try SelfSignedCertificate(names: ["gateway.example.org", "*.example.org", "127.0.0.1", "::1"])
        let certificate = try Self.parse(made)
        defer { X509_free(certificate) }
        #expect(X509_check_host(certificate, "gateway.example.org", 0, 0, nil) == 1)
        #expect(X509_check_host(certificate, "other.example.org", 0, 0, nil) == 1)
        #expect(X509_check_host(certificate, "example.com", 0, 0, nil) == 0)
        #expect(X509_check_ip_asc(certificate, "127.0.0.1", 0) == 1)
        #expect(X509_check_ip_asc(certificate, "::1", 0) == 1)
        #expect(X509_check_ip_asc(certificate, "127.0.0.2", 0) == 0)
        var days: Int32 = 0, seconds: Int32 = 0
        ASN1_TIME_diff(&days, &seconds, nil, X509_get0_notAfter(certificate))
        #expect(days == 824 || days == 825)

        let key = try made.privateKey.withUnsafeBytes { bytes in
            let memory = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count))
            defer { BIO_free(memory) }
            return try #require(PEM_read_bio_PrivateKey(memory, nil, nil, nil))
        }
        defer { EVP_PKEY_free(key) }
        #expect(X509_check_private_key(certificate, key) == 1)
        #expect(X509_verify(certificate, key) == 1)
        #expect(EVP_PKEY_get_bits(key) == 256)
    }

    /// A client that is given the certificate as its only authority accepts it for a server, and no other.
    @Test func isItsOwnAuthority() throws {
        let own = try Self.parse(SelfSignedCertificate(names: ["a.example"]))
        let other = try Self.parse(SelfSignedCertificate(names: ["a.example"]))
        defer { for certificate in [own, other] { X509_free(certificate) } }
        #expect(try Self.isTrusted(own, by: own))
        #expect(try !Self.isTrusted(own, by: other))
    }

    private static func parse(_ made: SelfSignedCertificate) throws -> OpaquePointer {
        // The BIO does not copy, so it lives inside the closure.
        let parsed = made.certificate.withCString { text in
            let memory = BIO_new_mem_buf(text, -1)
            defer { BIO_free(memory) }
            return PEM_read_bio_X509(memory, nil, nil, nil)
        }
        return try #require(parsed)
    }

    private static func isTrusted(_ certificate: OpaquePointer, by authority: OpaquePointer) throws -> Bool {
        let store = try #require(X509_STORE_new()), context = try #require(X509_STORE_CTX_new())
        defer {
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
        }
        X509_STORE_add_cert(store, authority)
        X509_STORE_CTX_init(context, store, certificate, nil)
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER)
        return X509_verify_cert(context) == 1
    }

    @Test func everyCertificateHasAnotherSerialAndKey() throws {
        let first = try SelfSignedCertificate(names: ["a.example"]), second = try SelfSignedCertificate(names: ["a.example"])
        #expect(first.certificate != second.certificate)
        #expect(first.privateKey != second.privateKey)
    }

    @Test(arguments: ["", "a,DNS:evil.example", "-a.example", "a..b", "a b", "a/b", String(repeating: "a", count: 64)])
    func refusesWhatIsNoName(_ name: String) {
        #expect(throws: CryptographyError.invalidInput("'\(name)' is neither a DNS name nor an IP address")) {
            try SelfSignedCertificate(names: ["ok.example", name])
        }
    }

    @Test func refusesNoNames() {
        #expect(throws: CryptographyError.self) { try SelfSignedCertificate(names: []) }
    }
}
