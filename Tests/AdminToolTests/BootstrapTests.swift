import FoundationEssentials
import Glibc
import TestSupport
import Testing

@Suite struct BootstrapTests {
    private func key(_ fixture: AdminFixture) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(filePath: fixture.folder.file("root-key"))))
    }

    @Test func againChangesNothing() async throws {
        let fixture = try await AdminFixture()
        let first = try await fixture.run("bootstrap")
        #expect(first.code == 0, "\(first.error)")
        #expect(first.output.hasPrefix("made the root key \(fixture.folder.file("root-key"))\napplied 0001_"))
        let made = try key(fixture)
        #expect(made.count == 32 && Set(made).count > 8)
        let again = try await fixture.run("bootstrap")
        #expect(again.code == 0 && again.output == "the root key is there\nthe schema is up to date\n")
        #expect(try key(fixture) == made)
        // The key is in no output, in no form that one would print.
        let hex = made.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        for secret in [hex, Data(made).base64EncodedString()] { #expect(!(first.output + first.error).contains(secret)) }
    }

    @Test(.enabled(if: getuid() == 0)) func theKeyIsItsOwnersAlone() async throws {
        let fixture = try await AdminFixture()
        try fixture.configure(owner: "nobody")
        _ = try await fixture.run("bootstrap")
        var info = stat()
        #expect(stat(fixture.folder.file("root-key"), &info) == 0)
        #expect(info.st_mode & 0o777 == 0o400 && info.st_uid == 65_534)
    }

    /// A key that is there is never replaced, not even an odd one: without it no secret opens.
    @Test func aKeyThatIsThereStays() async throws {
        let fixture = try await AdminFixture()
        try fixture.folder.write("short", to: "root-key")
        #expect(try await fixture.run("bootstrap").output.hasPrefix("the root key is there\n"))
        #expect(fixture.folder.read("root-key") == "short")
    }

    @Test func whatIsWrongIsNamed() async throws {
        let fixture = try await AdminFixture()
        try fixture.configure(owner: "nobody-of-this-name")
        let owner = try await fixture.run("bootstrap")
        #expect(owner.code == 1)
        #expect(
            owner.error
                == "error: ADM-001: root_key.owner: there is no user 'nobody-of-this-name' on this machine; create it, or name another\n"
        )
        #expect(!FileManager.default.fileExists(atPath: fixture.folder.file("root-key")))
        try fixture.configure(more: "databse: x")
        let key = try await fixture.run("bootstrap")
        #expect(key.code == 2, "\(key)")
        #expect(key.error.contains("admin.yaml:5:1: CONF-102 databse: unknown key; did you mean 'database'?"), "\(key.error)")
        try fixture.folder.write(
            "database: \(fixture.database.dsn())\nroot_key: {file: /nowhere/key, owner: root}", to: "admin.yaml")
        let path = try await fixture.run("bootstrap")
        #expect(path.code == 1 && path.error.hasPrefix("error: ADM-002: cannot write /nowhere/key: "))
    }
}
