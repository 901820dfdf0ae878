import PlatformModel
import Synchronization
import Templating
import Testing

@testable import TemplateLibraries

/// Keys and certificates in templates, by the real library.
@Suite struct GeneratedKeysTests {
    private static let moment = Timestamp(milliseconds: 1_772_892_309_250)

    private func render(
        _ template: String, seed: UInt64 = 1, now: Timestamp = moment, limits: TemplateLimits = TemplateLimits()
    ) throws(TemplateError) -> String {
        let state = Mutex(seed), parsed = try Template.parse(template, name: "t")
        let environment = TemplateEnvironment(
            now: now,
            randomBytes: { count in
                state.withLock { state in
                    (0..<count).map { _ in
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        return UInt8(truncatingIfNeeded: state >> 56)
                    }
                }
            }, limits: limits, libraries: .machine, generatedAt: Self.moment)
        return try parsed.render([:], environment: environment)
    }

    @Test(
        "The same bytes give the same text, later too; others another",
        arguments: [
            "{{ genPrivateKey \"ecdsa\" }}", "{{ genPrivateKey \"ed25519\" }}", "{{ bcrypt \"correct horse\" }}",
            "{{ htpasswd \"anna\" \"correct horse\" }}", "{{ encryptAES \"key\" \"text\" }}",
            "{{ $k := genPrivateKey \"ecdsa\" }}{{ $ca := genCAWithKey \"CA\" 365 $k }}{{ $ca.Cert }}{{ $ca.Key }}",
            """
            {{ $k := genPrivateKey "ed25519" }}{{ $ca := genCAWithKey "CA" 365 (genPrivateKey "ecdsa") }}
            {{- $c := genSignedCertWithKey "s" (list "10.0.0.1") (list "s.test") 30 $ca $k }}{{ $c.Cert }}{{ $c.Key }}
            """,
            "{{ $c := genSelfSignedCertWithKey \"s\" nil (list \"a.test\") 9 (genPrivateKey \"ecdsa\") }}{{ $c.Cert }}",
        ])
    func repeatable(_ template: String) throws {
        let text = try render(template), later = Timestamp(milliseconds: Self.moment.milliseconds + 1_000_000)
        #expect(try render(template, now: later) == text)
        #expect(try render(template, seed: 2) != text)
    }

    @Test("RSA, and a chain of certificates without given keys")
    func rsa() throws {
        let text = try render(
            """
            {{ $ca := genCA "CA" 365 }}{{ $c := genSignedCert "s" nil (list "s.test") 30 $ca }}{{ $s := genSelfSignedCert "x" nil nil 1 }}
            {{- $b := buildCustomCert (b64enc $c.Cert) (b64enc $c.Key) }}{{ eq $b.Cert $c.Cert }} {{ $s.Key | trunc 31 }} {{ kindOf $ca }}
            """)
        #expect(text == "true -----BEGIN RSA PRIVATE KEY----- struct")
    }

    @Test(
        "What Go with Sprig answers (recorded by hand from it, since each call of it draws anew)",
        arguments: [
            ("{{ derivePassword 1 \"long\" \"password\" \"user\" \"example.com\" }}", "ZedaFaxcZaso9*"),
            ("{{ derivePassword 2 \"maximum\" \"password\" \"user\" \"example.com\" }}", "O8-6Bwz1*I5XVPPq)@H!"),
            ("{{ derivePassword 1 \"odd\" \"password\" \"user\" \"example.com\" }}", "cannot find password template odd"),
            (
                "{{ encryptAES \"secret key\" \"plain text\" | decryptAES \"secret key\" }}{{ decryptAES \"x\" \"\" }}",
                "plain text"
            ),
            (
                "{{ \"RgXpIxdr2aHDHCRIjcNfDVkwCdguLc4dYphyRCuxZ5M=\" | decryptAES \"secretkey\" }}", "plaintext"
            ),
            ("{{ htpasswd \"a:b\" \"x\" }} {{ genPrivateKey \"x\" }}", "invalid username: a:b Unknown type x"),
            ("{{ bcrypt (repeat 73 \"x\") }}", "failed to encrypt string with bcrypt: password length exceeds 72 bytes"),
            (
                "{{ dateInZone \"15:04 MST -0700\" now \"Europe/Berlin\" }} {{ dateInZone \"15:04\" now \"../passwd\" }}",
                "15:05 CET +0100 14:05"
            ),
            ("{{ toDate \"2006-01-02\" \"2026-07-01\" | htmlDateInZone \"America/New_York\" }}", nil),
            ("{{ htmlDateInZone (toDate \"2006-01-02\" \"2026-07-01\") \"America/New_York\" }}", "2026-06-30"),
        ] as [(String, String?)])
    func answers(_ template: String, _ expected: String?) throws {
        guard let expected else {
            #expect(throws: TemplateError.self) { try render(template) }
            return
        }
        #expect(try render(template) == expected)
    }

    @Test(
        "Mistakes say what is wrong, and hold no key",
        arguments: [
            ("{{ genCAWithKey \"x\" 1 \"no key\" }}", "parsing private key: no unencrypted private key in PEM"),
            ("{{ genSelfSignedCertWithKey \"x\" (list \"10\") nil 1 (genPrivateKey \"ecdsa\") }}", "error parsing ip: 10"),
            ("{{ genSelfSignedCertWithKey \"x\" nil (list 1) 1 (genPrivateKey \"ecdsa\") }}", "1 is not a string"),
            ("{{ buildCustomCert \"!\" \"\" }}", "unable to decode base64 certificate"),
            ("{{ buildCustomCert (b64enc \"x\") (b64enc \"x\") }}", "error parsing certificate: no certificate in PEM"),
            ("{{ genSignedCert \"x\" nil nil 1 \"ca\" }}", "sprig.certificate"),
            ("{{ genPrivateKey \"dsa\" }}", "use rsa, ecdsa or ed25519"),
            ("{{ decryptAES \"x\" (b64enc \"short\") }}", "not of whole blocks"),
        ])
    func mistakes(_ template: String, _ message: String) {
        #expect { try render(template) } throws: { ($0 as? TemplateError)?.message.contains(message) ?? false }
    }

    @Test(
        "Expensive functions are bounded",
        arguments: [
            "{{ range until 1000 }}{{ genPrivateKey \"ed25519\" }}{{ end }}", "{{ range until 100 }}{{ bcrypt \"x\" }}{{ end }}",
            "{{ range until 30 }}{{ derivePassword 1 \"pin\" \"a\" \"b\" \"c\" }}{{ end }}",
        ])
    func bounds(_ template: String) {
        #expect { try render(template, limits: TemplateLimits(steps: 1000)) } throws: {
            ($0 as? TemplateError)?.code == "TPL-003"
        }
    }
}
