import Cryptography
import Glibc
import TestSupport
import Testing

@testable import DirectoryClient

/// Against Debian's Samba as a domain controller: `scripts/samba-test` (a part of `make test-slow`).
@Suite(.enabled(if: getenv("MARTLET_SAMBA") != nil, "scripts/samba-test runs it")) struct ActiveDirectoryTests {
    private static func group(_ name: String, _ members: [String]) -> String {
        """
        dn: cn=\(name),\(PrivateSamba.users)
        objectClass: group
        sAMAccountName: \(name)
        \(members.map { "member: cn=\($0),\(PrivateSamba.users)" }.joined(separator: "\n"))

        """
    }

    private func configuration(
        _ samba: PrivateSamba, startTLS: Bool = false, _ nesting: DirectoryConfiguration.Nesting = .closure
    ) -> DirectoryConfiguration {
        DirectoryConfiguration(
            kind: .activeDirectory, urls: ["\(startTLS ? "ldap" : "ldaps")://\(PrivateSamba.address)"], startTLS: startTLS,
            certificateAuthorities: samba.certificateAuthorities, bindDN: "martlet@corp.test",
            bindPasswordFile: samba.bindPasswordFile, userBase: PrivateSamba.users, groupBase: PrivateSamba.base,
            nesting: nesting,
            connectTimeoutSeconds: 30, requestTimeoutSeconds: 60)
    }

    private func names(_ person: DirectoryPerson?) -> [String] {
        (person?.groups ?? []).compactMap { $0.split(separator: ",").first.map { String($0.dropFirst(3)) } }
    }

    @Test func allOfIt() async throws {
        let many = (0..<1600).map { Self.group("g\($0)", ["carol"]) }
        let ldif =
            [Self.group("engineers", ["alice"]), Self.group("department", ["engineers"]), Self.group("company", ["department"])]
            + many
        try await PrivateSamba.with(users: ["alice", "bob", "carol"], ldif: ldif.joined(separator: "\n")) { samba in
            try await signIns(samba)
            try await nesting(samba)
            try await ranges(samba)
            try await disabledAndExpired(samba)
            try await renamed(samba)
        }
    }

    /// T13, T14, T19: one person, by any of their names; nobody by anything else.
    private func signIns(_ samba: PrivateSamba) async throws {
        for startTLS in [false, true] {
            let directory = Directory(configuration(samba, startTLS: startTLS))
            defer { directory.stop() }
            func signIn(_ name: String, _ password: String) async -> DirectoryAnswer<DirectoryPerson> {
                await directory.signIn(username: name, password: secret(password))
            }
            let alice = try #require(await signIn("alice", "alice-Demo-1").value)
            #expect(alice.id.utf8.count == 36 && alice.username == "alice" && alice.disabled == nil)
            for name in ["ALICE", "alice@corp.test", "Alice@CORP.TEST"] {
                #expect(await signIn(name, "alice-Demo-1").value?.id == alice.id, "\(name)")
            }
            for (name, password) in [("alice", "wrong"), ("alice", ""), ("a*", "alice-Demo-1"), ("CORP\\alice", "alice-Demo-1")] {
                #expect(await signIn(name, password).isNotFound, "\(name)")
            }
            #expect(await directory.lookUp(id: alice.id).value == alice)
            #expect(await directory.lookUp(id: "00000000-0000-0000-0000-000000000000").isNotFound)
            #expect(await directory.seesAnybody().value == true)
            #expect(await directory.seesMembers(ofGroup: "cn=engineers,\(PrivateSamba.users)").value == true)
            #expect(await directory.seesMembers(ofGroup: "cn=nobody,\(PrivateSamba.users)").value == false)
        }
    }

    /// T21: by Martlet and by the server, the same groups; and a circle.
    private func nesting(_ samba: PrivateSamba) async throws {
        let nested = ["company", "department", "engineers"]
        for kind in [DirectoryConfiguration.Nesting.closure, .matchingRule, .off] {
            let directory = Directory(configuration(samba, kind))
            defer { directory.stop() }
            let person = await directory.signIn(username: "alice", password: secret("alice-Demo-1")).value
            #expect(names(person) == (kind == .off ? ["engineers"] : nested), "\(kind)")
            #expect(await directory.seesMembers(ofGroup: "cn=company,\(PrivateSamba.users)").value == true)
        }
        try await samba.modify(
            "dn: cn=engineers,\(PrivateSamba.users)\nchangetype: modify\nadd: member\nmember: cn=company,\(PrivateSamba.users)")
        let directory = Directory(configuration(samba))
        defer { directory.stop() }
        #expect(names(await directory.signIn(username: "alice", password: secret("alice-Demo-1")).value) == nested)
    }

    /// T21: more values than the server gives at a time.
    private func ranges(_ samba: PrivateSamba) async throws {
        var memberOfAlone = configuration(samba, .off)
        memberOfAlone.groupFilter = "(&(objectClass=group)(description={dn}))"
        for configuration in [configuration(samba), memberOfAlone] {
            let directory = Directory(configuration)
            defer { directory.stop() }
            let answer = await directory.signIn(username: "carol", password: secret("carol-Demo-1"))
            #expect(answer.value?.groups.count == 1600, "\(answer.reason ?? "\(answer.value?.groups.count ?? 0) groups")")
        }
    }

    /// T18: bit 2 of userAccountControl, and an end that has passed.
    private func disabledAndExpired(_ samba: PrivateSamba) async throws {
        let directory = Directory(configuration(samba))
        defer { directory.stop() }
        let bob = try #require(await directory.signIn(username: "bob", password: secret("bob-Demo-1")).value)
        let entry = "dn: cn=bob,\(PrivateSamba.users)\nchangetype: modify\nreplace: "
        for (attribute, barred, normal) in [
            ("userAccountControl", "514", "512"), ("accountExpires", "133000000000000000", "9223372036854775807"),
        ] {
            try await samba.modify(entry + "\(attribute)\n\(attribute): \(barred)")
            #expect(await directory.signIn(username: "bob", password: secret("bob-Demo-1")).isNotFound)
            #expect(await directory.lookUp(id: bob.id).value?.disabled?.hasPrefix(attribute) == true)
            try await samba.modify(entry + "\(attribute)\n\(attribute): \(normal)")
            #expect(await directory.signIn(username: "bob", password: secret("bob-Demo-1")).value?.id == bob.id)
        }
    }

    /// T19: renamed they stay who they are; the name given again is somebody else.
    private func renamed(_ samba: PrivateSamba) async throws {
        let directory = Directory(configuration(samba))
        defer { directory.stop() }
        let bob = try #require(await directory.signIn(username: "bob", password: secret("bob-Demo-1")).value)
        try await samba.modify(
            """
            dn: cn=bob,\(PrivateSamba.users)
            changetype: modrdn
            newrdn: cn=robert
            deleteoldrdn: 1

            dn: cn=robert,\(PrivateSamba.users)
            changetype: modify
            replace: sAMAccountName
            sAMAccountName: robert
            """)
        #expect(await directory.signIn(username: "robert", password: secret("bob-Demo-1")).value?.id == bob.id)
        #expect(await directory.lookUp(id: bob.id).value?.username == "robert")
        #expect(await directory.signIn(username: "bob", password: secret("bob-Demo-1")).isNotFound)
    }
}
