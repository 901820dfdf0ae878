import Cryptography
import TestSupport
import Testing

@testable import DirectoryClient

@Suite struct NestedGroupTests {
    private static func group(_ name: String, _ members: [String], _ rest: String = "") -> String {
        """
        dn: cn=\(name),ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        cn: \(name)
        \(members.map { "member: \($0)" }.joined(separator: "\n"))\(rest)
        """
    }

    private static func dn(_ group: String) -> String { "cn=\(group),ou=groups,dc=example,dc=org" }
    private static let bob = "uid=bob,ou=people,dc=example,dc=org"

    private func groups(_ slapd: PrivateSlapd, _ change: (inout DirectoryConfiguration) -> Void = { _ in }) async throws
        -> [String]
    {
        var configuration = slapd.configuration()
        change(&configuration)
        let directory = Directory(configuration)
        defer { directory.stop() }
        let answer = await directory.signIn(username: "bob", password: secret("bob-demo"))
        let person = try #require(answer.value, "\(answer)")
        return person.groups.compactMap { $0.split(separator: ",").first.map { String($0.dropFirst(3)) } }
    }

    @Test func t21GroupsInGroupsAndCircles() async throws {
        let ldif = [
            Self.group("team", [Self.bob]), Self.group("department", [Self.dn("team")]),
            // A circle, and a group in itself.
            Self.group("company", [Self.dn("department"), Self.dn("company"), Self.dn("world")]),
            Self.group("world", [Self.dn("company")]), Self.group("others", [Self.dn("auditors")]),
        ].joined(separator: "\n\n")
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let all = ["company", "department", "shop-developers", "team", "world"]
            let found = try await groups(slapd)
            #expect(found == all)
            #expect(try await groups(slapd) { $0.nesting = .off } == ["shop-developers", "team"])
            // Read a page at a time, it is the same.
            #expect(try await groups(slapd) { $0.pageSize = 1 } == all)
            #expect(try await groups(slapd) { $0.pageSize = 0 } == all)
        }
    }

    /// What a person's entry says counts, too, also where no search finds the group.
    @Test func t21MemberOf() async throws {
        try await PrivateSlapd.with { slapd in
            let late = Self.group("late", [Self.bob]).replacing(
                "objectClass: groupOfNames", with: "changetype: add\nobjectClass: groupOfNames")
            try await slapd.modify(late)
            let nowhere = "(seeAlso={dn})"
            #expect(try await groups(slapd) { $0.groupFilter = nowhere } == ["late"])
            #expect(
                try await groups(slapd) {
                    $0.groupFilter = nowhere
                    $0.memberOfAttribute = nil
                } == [])
        }
    }

    /// A group of 2,000, and somebody in more groups than a server gives without pages.
    @Test func t21LargeGroupsAndManyGroups() async throws {
        let crowd = (0..<2000).map { "uid=p\($0),ou=people,dc=example,dc=org" }
        let many = (0..<60).map { Self.group("g\($0)", [Self.bob]) }
        let ldif = ([Self.group("crowd", crowd + [Self.bob])] + many).joined(separator: "\n\n")
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let found = try await groups(slapd) { $0.pageSize = 7 }
            #expect(found.count == 62 && found.contains("crowd") && found.contains("g59"))
        }
    }

    @Test func groupsOfNamesThatPeopleSignInWith() async throws {
        let ldif = """
            dn: cn=posix,ou=groups,dc=example,dc=org
            objectClass: posixGroup
            cn: posix
            gidNumber: 1000
            memberUid: bob
            """
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let usual = try await groups(slapd)
            #expect(usual == ["shop-developers"])
            let filter = "(|(member={dn})(memberUid={username}))"
            #expect(try await groups(slapd) { $0.groupFilter = filter } == ["posix", "shop-developers"])
        }
    }

    /// A reference leads to a host that nobody configured: nothing connects to it, and it counts as nothing. A base that is itself a
    /// reference gives no answer.
    @Test func t21ReferralsAreNotFollowed() async throws {
        let elsewhere = try RecordingRelay(to: nil)
        defer { elsewhere.stop() }
        func referral(_ under: String) -> String {
            """
            dn: ou=elsewhere,\(under)
            objectClass: referral
            objectClass: extensibleObject
            ou: elsewhere
            ref: ldap://127.0.0.1:\(elsewhere.port)/\(under)??sub
            """
        }
        let ldif = [referral(PrivateSlapd.userBase), referral(PrivateSlapd.groupBase), Self.group("team", [Self.bob])].joined(
            separator: "\n\n")
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let usual = try await groups(slapd)
            #expect(usual == ["shop-developers", "team"])
            for base in [PrivateSlapd.userBase, PrivateSlapd.groupBase] {
                let configuration =
                    base == PrivateSlapd.userBase
                    ? slapd.configuration(userBase: "ou=elsewhere," + base)
                    : slapd.configuration(groupBase: "ou=elsewhere," + base)
                let directory = Directory(configuration)
                defer { directory.stop() }
                let reason = await directory.signIn(username: "bob", password: secret("bob-demo")).reason
                #expect(reason?.contains("Referral") == true, "\(reason ?? "an answer")")
            }
            #expect(elsewhere.connections == 0)
        }
    }

    @Test func t17WhetherAnybodyIsSeen() async throws {
        try await PrivateSlapd.with(ldif: Self.group("crowd", (0..<50).map { "uid=p\($0),dc=example,dc=org" })) { slapd in
            let directory = Directory(slapd.configuration())
            defer { directory.stop() }
            #expect(await directory.seesAnybody().value == true)
            #expect(await directory.seesMembers(ofGroup: Self.dn("crowd")).value == true)
            #expect(await directory.seesMembers(ofGroup: Self.dn("auditors")).value == true)
            #expect(await directory.seesMembers(ofGroup: Self.dn("nobody")).value == false)
            #expect(await directory.seesMembers(ofGroup: "no name").reason != nil)
            let empty = Directory(slapd.configuration(userBase: PrivateSlapd.groupBase))
            defer { empty.stop() }
            #expect(await empty.seesAnybody().value == false)
        }
    }
}
