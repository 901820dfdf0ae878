import DirectoryClient
import FoundationEssentials
import ServiceRuntime
import Testing

@testable import AdminTool

@Suite struct ConfigEditTests {
    private static let text = """
        # The file.
        a: 1
        ldap:
          # What it is.
          kind: openldap
          urls:
            - ldaps://one
            - ldaps://two
          # The base.
          user:
            # Deep.
            base: ou=people
            filter: (uid={username})
          group:
            base: ou=groups
        base: last
        """

    @Test func valuesChangeAndRemarksStay() {
        #expect(
            ConfigEdit.set(["ldap", "kind"], to: ["x"], in: Self.text)
                == Self.text.replacing("kind: openldap", with: "kind: \"x\""))
        #expect(
            ConfigEdit.set(["ldap", "urls"], to: ["a", "b"], isList: true, in: Self.text)
                == Self.text.replacing("urls:\n    - ldaps://one\n    - ldaps://two", with: "urls: [\"a\", \"b\"]"))
        #expect(
            ConfigEdit.set(["ldap", "user", "base"], to: ["o\\u=\"x\""], in: Self.text)
                == Self.text.replacing("base: ou=people", with: "base: \"o\\\\u=\\\"x\\\"\""))
        #expect(
            ConfigEdit.set(["ldap", "group", "base"], to: ["g"], in: Self.text) == Self.text.replacing("ou=groups", with: "\"g\"")
        )
        #expect(ConfigEdit.set(["base"], to: ["g"], in: Self.text) == Self.text.replacing("base: last", with: "base: \"g\""))
        // A key that is not there, and a section that is not.
        #expect(
            ConfigEdit.set(["ldap", "group", "filter"], to: ["f"], in: Self.text)
                == Self.text.replacing("  group:\n", with: "  group:\n    filter: \"f\"\n"))
        #expect(ConfigEdit.set(["ldap", "other", "base"], to: ["f"], in: Self.text) == nil)
        #expect(ConfigEdit.set(["user", "base"], to: ["f"], in: Self.text) == nil)
    }

    /// The file that is shipped, with either kind of directory, as the gateway's own reader reads it.
    @Test func theShippedFile() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet/gateway.yaml")
        let shipped = String(decoding: try Data(contentsOf: path), as: UTF8.self)
        let answers = SetupAnswers.Directory(
            urls: ["ldaps://dc1.corp", "ldaps://dc2.corp"], authorities: "/etc/ca.pem", bindDN: "cn=m,dc=corp",
            bindPasswordFile: "/p",
            userBase: "dc=corp", groupBase: "ou=g,dc=corp")
        let directory = try SetupDirectory.edited(shipped, .activeDirectory, answers, file: "gateway.yaml")
        let read = try ConfigReader.read(GatewayFile.self, bytes: Array(directory.utf8), file: "gateway.yaml").ldap
        #expect(read.kind == .activeDirectory && read.urls == answers.urls && read.certificateAuthorities == "/etc/ca.pem")
        #expect(read.bindDN == "cn=m,dc=corp" && read.userBase == "dc=corp" && read.groupBase == "ou=g,dc=corp")
        #expect(read.userIDAttribute == "objectGUID" && read.userNameAttribute == "sAMAccountName")
        #expect(
            read.userFilter.contains("sAMAccountName={username}") && read.groupFilter == "(&(objectClass=group)(member={dn}))")
        // Once more, and back: every remark is where it was.
        #expect(try SetupDirectory.edited(directory, .activeDirectory, answers, file: "gateway.yaml") == directory)
        func remarks(_ text: String) -> [Substring] { text.split(separator: "\n").filter { $0.contains("#") } }
        #expect(remarks(directory) == remarks(shipped))
    }
}
