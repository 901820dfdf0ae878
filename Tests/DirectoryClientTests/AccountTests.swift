import Cryptography
import TestSupport
import Testing

@testable import DirectoryClient

@Suite struct AccountTests {
    private func lookUp(_ slapd: PrivateSlapd, _ change: (inout DirectoryConfiguration) -> Void = { _ in }) async throws
        -> (signIn: DirectoryAnswer<DirectoryPerson>, disabled: String?)
    {
        var configuration = slapd.configuration()
        change(&configuration)
        let directory = Directory(configuration)
        defer { directory.stop() }
        let session = DirectorySession(configuration, servers: ServerPool(count: 1))
        let bob = try #require(try session.person("(uid=bob)"))
        let person = try session.describe(bob, username: "bob")
        #expect(await directory.lookUp(id: person.id).value == person)
        return (await directory.signIn(username: "bob", password: secret("bob-demo")), person.disabled)
    }

    /// T18: whoever is disabled is not signed in, with the right password, and the reason is known to whoever looks them up.
    @Test func t18DisabledAccounts() async throws {
        try await PrivateSlapd.with { slapd in
            let bob = "dn: uid=bob,ou=people,dc=example,dc=org\nchangetype: modify\n"
            #expect(try await lookUp(slapd).signIn.value != nil)
            try await slapd.modify(bob + "add: employeeType\nemployeeType: left")
            #expect(try await lookUp(slapd).signIn.value != nil)
            let filter = "(employeeType=left)"
            var seen = try await lookUp(slapd) { $0.disabledFilter = filter }
            #expect(seen.signIn.isNotFound && seen.disabled == "matches (employeeType=left)")
            try await slapd.modify(bob + "add: objectClass\nobjectClass: shadowAccount\n-\nadd: shadowExpire\nshadowExpire: 1")
            seen = try await lookUp(slapd)
            #expect(seen.signIn.isNotFound && seen.disabled == "shadowExpire has passed")
            try await slapd.modify(bob + "replace: shadowExpire\nshadowExpire: 99999")
            #expect(try await lookUp(slapd).signIn.value != nil)
            try await slapd.modify(bob + "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
            seen = try await lookUp(slapd)
            #expect(seen.signIn.isNotFound && seen.disabled == "pwdAccountLockedTime says for good")
        }
    }

    /// T19: one person, however the name is typed and whatever becomes of it; a name that is used again is another person.
    @Test func t19OneIdentity() async throws {
        try await PrivateSlapd.with { slapd in
            let directory = Directory(slapd.configuration())
            defer { directory.stop() }
            func id(_ name: String, _ password: String = "alice-demo") async -> String? {
                await directory.signIn(username: name, password: secret(password)).value?.id
            }
            let alice = try #require(await id("alice"))
            for name in ["ALICE", "alice ", " Alice", "aLiCe"] { #expect(await id(name) == alice, "\(name)") }
            for name in [
                " uid=alice , ou=people,dc=example,dc=org", "uid=alice,ou=people,dc=example,dc=org", "alice@example.org",
            ] {
                #expect(await id(name) == nil, "\(name)")
            }
            try await slapd.modify(
                """
                dn: uid=alice,ou=people,dc=example,dc=org
                changetype: modrdn
                newrdn: uid=alicia
                deleteoldrdn: 1

                dn: uid=alice,ou=people,dc=example,dc=org
                changetype: add
                objectClass: inetOrgPerson
                uid: alice
                cn: Another Alice
                sn: Another
                mail: alice@example.org
                userPassword: other-demo
                """)
            #expect(await id("alicia") == alice)
            let other = try #require(await id("alice", "other-demo"))
            #expect(other != alice)
            #expect(await directory.lookUp(id: alice).value?.username == "alicia")
            #expect(await directory.lookUp(id: other).value?.name == "Another Alice")
            for wrong in ["", "*", "alice", "00000000-0000-0000-0000-000000000000", "a)(uid=*"] {
                #expect(await directory.lookUp(id: wrong).isNotFound, "\(wrong)")
            }
        }
    }
}
