import FoundationEssentials
import Glibc
import Logging
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
}
