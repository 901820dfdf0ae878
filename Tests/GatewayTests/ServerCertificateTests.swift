import Cryptography
import FoundationEssentials
import Glibc
import Logging
import NIOSSL
import TestSupport
import Testing

@testable import Gateway

@Suite struct ServerCertificateTests {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func files(_ folder: TemporaryFolder, selfSigned: Bool = true) -> GatewayConfiguration.TLSFiles {
        .init(
            certificate: folder.file("tls/certificate.pem"), key: folder.file("tls/key.pem"), selfSigned: selfSigned,
            names: ["127.0.0.1"])
    }

    @Test func isMadeOnceAndKept() throws {
        let folder = try TemporaryFolder()
        _ = try ServerCertificate.configuration(files(folder), logger: logger)
        let certificate = folder.read("tls/certificate.pem"), key = folder.read("tls/key.pem")
        #expect(certificate?.hasPrefix("-----BEGIN CERTIFICATE-----") == true)
        #expect(key?.hasPrefix("-----BEGIN PRIVATE KEY-----") == true)
        var status = stat()
        #expect(stat(folder.file("tls/key.pem"), &status) == 0 && status.st_mode & 0o777 == 0o600)
        _ = try ServerCertificate.configuration(files(folder), logger: logger)
        #expect(folder.read("tls/certificate.pem") == certificate && folder.read("tls/key.pem") == key)
    }

    @Test func halfAPairIsNeverOverwritten() throws {
        let folder = try TemporaryFolder()
        _ = try ServerCertificate.configuration(files(folder), logger: logger)
        try FileManager.default.removeItem(atPath: folder.file("tls/certificate.pem"))
        let error = #expect(throws: ServerCertificate.Failure.self) {
            try ServerCertificate.configuration(files(folder), logger: logger)
        }
        #expect(error?.description.hasPrefix(folder.file("tls/certificate.pem") + " is not there") == true)
    }

    @Test func nothingIsMadeUnasked() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ServerCertificate.Failure.self) {
            try ServerCertificate.configuration(files(folder, selfSigned: false), logger: logger)
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("tls")))
    }

    @Test func aPairOfOnesOwnIsTaken() throws {
        let folder = try TemporaryFolder()
        let made = try SelfSignedCertificate(names: ["gateway.example.org"])
        try put(made.certificate, made.key, in: folder)
        let configuration = try ServerCertificate.configuration(files(folder, selfSigned: false), logger: logger)
        let expected = try NIOSSLCertificate(bytes: Array(made.certificate.utf8), format: .pem)
        #expect(configuration.certificateChain == [.certificate(expected)])
        #expect(folder.read("tls/certificate.pem") == made.certificate)
    }

    @Test func whatIsNoPairIsRefusedByName() throws {
        let folder = try TemporaryFolder()
        let one = try SelfSignedCertificate(names: ["a"]), other = try SelfSignedCertificate(names: ["a"])
        func failure() -> String? {
            #expect(throws: ServerCertificate.Failure.self) {
                try ServerCertificate.configuration(files(folder), logger: logger)
            }?.description
        }
        try put(one.certificate, other.key, in: folder)
        #expect(failure()?.contains("is not the key of the first certificate in " + folder.file("tls/certificate.pem")) == true)
        try put("no certificate", one.key, in: folder)
        #expect(failure()?.hasPrefix(folder.file("tls/certificate.pem") + " cannot be read as certificates") == true)
        try put(one.certificate, "no key", in: folder)
        #expect(failure()?.hasPrefix(folder.file("tls/key.pem") + " cannot be read as a private key") == true)
    }

    private func put(_ certificate: String, _ key: String, in folder: TemporaryFolder) throws {
        try FileManager.default.createDirectory(atPath: folder.file("tls"), withIntermediateDirectories: true)
        try folder.write(certificate, to: "tls/certificate.pem")
        try folder.write(key, to: "tls/key.pem")
    }
}

extension SelfSignedCertificate {
    fileprivate var key: String { privateKey.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
