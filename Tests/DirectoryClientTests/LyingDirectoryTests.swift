import Cryptography
import Glibc
import TestSupport
import Testing

@testable import DirectoryClient

/// Directories that say what no real one should, and Active Directory's ways, answer by answer.
@Suite struct LyingDirectoryTests {
    private static let base = "dc=corp,dc=test"
    private static let alice = "cn=Alice,dc=corp,dc=test"
    private static let guid: [UInt8] = [0xcb, 0x8a, 0x5e, 0x90, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0, 1, 2, 3, 4, 5]
    private static let person: [String: [[UInt8]]] = [
        "objectGUID": [guid], "sAMAccountName": [Array("alice".utf8)], "cn": [Array("Alice".utf8)],
        "userAccountControl": [Array("512".utf8)],
    ]

    private func with(
        nesting: DirectoryConfiguration.Nesting = .off, _ answer: @escaping ScriptedDirectory.Answer,
        _ body: (ScriptedDirectory, Directory) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder("mlie")
        chmod(try folder.write("secret", to: "password"), 0o600)
        let server = try ScriptedDirectory(at: folder.file("ldapi"), answer)
        defer { server.stop() }
        let url = "ldapi://" + folder.file("ldapi").split(separator: "/").map { "%2F" + $0 }.joined()
        let directory = Directory(
            DirectoryConfiguration(
                kind: .activeDirectory, urls: [url], bindDN: "martlet@corp.test", bindPasswordFile: folder.file("password"),
                userBase: Self.base, groupBase: Self.base, nesting: nesting, connectTimeoutSeconds: 5, requestTimeoutSeconds: 5))
        defer { directory.stop() }
        try await body(server, directory)
    }

    private func signIn(_ directory: Directory, _ password: String = "right") async -> DirectoryAnswer<DirectoryPerson> {
        await directory.signIn(username: "alice", password: secret(password))
    }

    private static func isPerson(_ search: ScriptedDirectory.Search) -> Bool { search.filter.contains("objectCategory") }

    /// T21: a person in 3,100 groups, told in three parts; and T19: known by the bytes of their objectGUID.
    @Test func t21AttributesInParts() async throws {
        @Sendable func groups(_ range: Range<Int>) -> [[UInt8]] { range.map { Array("cn=g\($0),dc=corp,dc=test".utf8) } }
        try await with { search in
            var values = Self.person
            switch search.attributes.last {
            case "memberof;range=1500-*": values = ["memberOf;range=1500-2999": groups(1500..<3000)]
            case "memberof;range=3000-*": values = ["memberOf;range=3000-*": groups(3000..<3100)]
            default:
                if search.filter.contains("sAMAccountName") || search.filter.contains("objectGUID") {
                    values["memberOf;range=0-1499"] = groups(0..<1500)
                } else {
                    return [.end()]
                }
            }
            return [.entry(dn: Self.alice, values), .end()]
        } _: { server, directory in
            let person = try #require(await signIn(directory).value)
            #expect(person.groups.count == 3100 && person.id == "905e8acb-3412-7856-9abc-000102030405")
            #expect(await directory.lookUp(id: person.id).value?.groups.count == 3100)
            #expect(
                server.searches.contains {
                    $0.filter == "(objectGUID=\\cb\\8a\\5e\\90\\124Vx\\9a\\bc\\00\\01\\02\\03\\04\\05)"
                })
            #expect(await signIn(directory, "wrong").isNotFound)
        }
    }

    @Test func t21TheServersRuleIsAsked() async throws {
        try await with(nesting: .matchingRule) { search in
            if Self.isPerson(search) { return [.entry(dn: Self.alice, Self.person), .end()] }
            return [.entry(dn: "cn=outer,dc=corp,dc=test", [:]), .reference("ldap://127.0.0.1:1/dc=corp,dc=test"), .end()]
        } _: { server, directory in
            #expect(await signIn(directory).value?.groups == ["cn=outer,dc=corp,dc=test"])
            let filter = "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:=cn=Alice,dc=corp,dc=test))"
            #expect(server.searches.map(\.filter).last == filter)
        }
    }

    /// What is answered to the search for a person, and the word in the reason.
    @Test(arguments: [
        ("two people", "2 entries match"), ("outside of the base", "is not under"), ("no id", "has no readable objectGUID"),
        ("a short id", "has no readable objectGUID"), ("half of it", "Size limit exceeded"), ("a referral", "Referral"),
        ("without end", "Size limit exceeded"), ("pages that lead nowhere", "lead nowhere"), ("a gigabyte", "contact"),
        ("no LDAP", "Timed out"),
        ("controls", "Operations error (a  b)"), ("a group without a name", "is no DN of a group"),
        ("parts without end", ""),
    ]) func t17NonsenseIsUnknown(_ lie: String, _ reason: String) async throws {
        try await with { search in
            guard Self.isPerson(search) || search.attributes.last?.contains("range") == true else {
                return lie == "pages that lead nowhere" ? [.end(cookie: [1])] : [.end()]
            }
            var values = Self.person
            let entry = ScriptedDirectory.Part.entry(dn: Self.alice, values)
            switch lie {
            case "two people": return [entry, .entry(dn: "cn=Alice2,dc=corp,dc=test", values), .end()]
            case "outside of the base": return [.entry(dn: "cn=Alice,dc=evil,dc=test", values), .end()]
            case "no id": values["objectGUID"] = nil
            case "a short id": values["objectGUID"] = [[1, 2, 3]]
            case "half of it": return [entry, .end(code: 4)]
            case "a referral": return [.end(code: 10)]
            case "without end": return [.endless(dn: Self.alice)]
            case "pages that lead nowhere": break
            case "a gigabyte": return [.bytes([0x30, 0x84, 0x40, 0, 0, 0] + [UInt8](repeating: 1, count: 1000))]
            case "no LDAP": return [.bytes(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))]
            case "controls": return [.end(code: 1, message: "a\u{1b}\nb")]
            case "a group without a name": values["memberOf"] = [Array("everyone".utf8)]
            default:
                values = [
                    "objectGUID": [Self.guid], "memberOf;range=0-1499": Array(repeating: Array("cn=a,dc=b".utf8), count: 1500),
                ]
            }
            return [.entry(dn: Self.alice, values), .end()]
        } _: { _, directory in
            let start = ContinuousClock.now, answer = await signIn(directory)
            #expect(answer.reason?.contains(reason) == true, "\(lie): \(answer)")
            #expect(ContinuousClock.now - start < .seconds(25))
        }
    }

    /// T17: success, and nobody there: not found at a sign-in; and known to be odd when somebody is looked for.
    @Test func t17SuccessAndNobody() async throws {
        try await with { _ in
            [.end()]
        } _: { _, directory in
            #expect(await signIn(directory).isNotFound)
            #expect(await directory.seesAnybody().value == false)
            #expect(await directory.seesMembers(ofGroup: "cn=a,dc=corp,dc=test").value == false)
        }
    }
}
