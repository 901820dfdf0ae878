import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

/// The program on a host of which only the database is there.
@Suite(.enabled(if: getuid() == 0)) struct DoctorTests {
    private func host() async throws -> PrepareFixture {
        let fixture = try await PrepareFixture()
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet")
        for name in ["gateway.yaml", "runner.yaml", "broker.yaml"] {
            let text = String(decoding: try Data(contentsOf: shipped.appending(path: name)), as: UTF8.self)
            try fixture.folder.write(
                text.replacing("/var/lib/martlet/", with: fixture.folder.path + "/").replacing(
                    "/run/", with: fixture.folder.path + "/run/"),
                to: name)
        }
        try fixture.folder.write("the-bind-password\n", to: "credentials/ldap-bind-password")
        chmod(fixture.folder.file("credentials/ldap-bind-password"), 0o600)
        let prepared = try await fixture.prepare()
        #expect(prepared.code == 0, "\(prepared)")
        return fixture
    }

    @Test func whatIsThereAndWhatIsNot() async throws {
        let fixture = try await host()
        let made = try await CommandRun([
            "sh", "-c",
            "mkdir -p \(fixture.folder.path)/gateway/tls && cd \(fixture.folder.path)/gateway/tls && umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 10 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1 -keyout key.pem -out certificate.pem",
        ])
        #expect(made.code == 0, "\(made)")
        let run = try await fixture.run(["doctor", "--output", "json"])
        #expect(run.code == 1, "\(run)")
        let document = try JSON.parse(run.output)
        let findings = (document["findings"]?.array ?? []).map { finding in
            "\(finding["level"]?.string ?? "") \(finding["area"]?.string ?? "")"
        }
        #expect(document["ok"] == false)
        for expected in [
            "FAIL gateway", "FAIL orchestrator", "FAIL runner", "FAIL broker", "FAIL logs", "OK database", "WARN certificate",
            "WARN directory", "FAIL podman", "OK routes", "OK keys", "WARN backup", "OK audit",
        ] { #expect(findings.contains(expected), "\(expected): \(findings)") }
        // The same, as people read it.
        let text = try await fixture.run(["doctor"])
        #expect(text.code == 1 && text.output.contains("OK    database      the schema is at version "), "\(text)")
        #expect(text.output.contains("certificate.pem ends in 9 days"))
        chmod(fixture.key + ".cred", 0o644)
        #expect(try await fixture.run(["doctor"]).output.contains("root-key.cred has the mode 0644\n"))
    }

    @Test func theBundleHasNoSecrets() async throws {
        let fixture = try await host()
        let encoded = Data("the-bind-password".utf8).base64EncodedString()
        try fixture.folder.write(
            "note: it is the-bind-password, or \(encoded)\nurl: postgresql://u:other-secret@h/db\napi_token: third-secret\n",
            to: "note.yaml")
        let run = try await fixture.run(["doctor", "--bundle", fixture.folder.file("bundle.txt")])
        #expect(
            run.output.hasSuffix("wrote \(fixture.folder.file("bundle.txt")): look through it before you give it away\n"),
            "\(run)")
        #expect(fixture.mode(fixture.folder.file("bundle.txt")) == 0o600)
        let bundle = try #require(fixture.folder.read("bundle.txt"))
        for part in [
            "==== findings\n", "==== packages\n", "==== gateway.yaml\n", "==== note.yaml\nnote: it is ********, or ********\n",
        ] {
            #expect(bundle.contains(part), "\(part)")
        }
        for secret in ["the-bind-password", encoded, "other-secret", "third-secret"] {
            #expect(!bundle.contains(secret), "\(secret)")
        }
        let again = try await fixture.run(["doctor", "--bundle", fixture.folder.file("bundle.txt")])
        #expect(again.code == 1 && again.error.hasPrefix("error: ADM-036: "), "\(again)")
    }
}
