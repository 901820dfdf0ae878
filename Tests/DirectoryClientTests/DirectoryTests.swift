import Cryptography
import TestSupport
import Testing

@testable import DirectoryClient

@Suite struct DirectoryTests {
    @Test func namePasswordAndGroups() async throws {
        try await PrivateSlapd.with { slapd in
            for configuration in [
                slapd.configuration(), slapd.configuration(urls: [slapd.ldapURL], startTLS: true),
            ] {
                let directory = Directory(configuration)
                let alice = try #require(await directory.signIn(username: "alice", password: secret("alice-demo")).value)
                #expect(alice.name == "Alice Ahlgren" && alice.email == "alice@example.org" && alice.username == "alice")
                #expect(alice.dn == "uid=alice,ou=people,dc=example,dc=org")
                #expect(alice.groups == ["cn=platform-engineers,ou=groups,dc=example,dc=org"])
                let carol = try #require(await directory.signIn(username: "carol", password: secret("carol-demo")).value)
                #expect(carol.groups == ["cn=auditors,ou=groups,dc=example,dc=org"])
                #expect(await directory.signIn(username: "alice", password: secret("bob-demo")).isNotFound)
                #expect(await directory.signIn(username: "nobody", password: secret("alice-demo")).isNotFound)
                // One person, however the name is typed.
                #expect(await directory.signIn(username: "ALICE ", password: secret("alice-demo")).value?.id == alice.id)
                #expect(await directory.lookUp(id: alice.id).value == alice)
                directory.stop()
            }
        }
    }

    @Test func t14NamesAreTakenLiterally() async throws {
        try await PrivateSlapd.with { slapd in
            let directory = Directory(slapd.configuration())
            for name in [
                "a*", "*", "alice)(objectClass=*", "alice\\2a", "alice,ou=people", "#alice", "al\u{0131}ce", "а\u{006c}ice",
                "+\";<>",
            ] {
                let answer = await directory.signIn(username: name, password: secret("alice-demo"))
                #expect(answer.isNotFound, "\(name): \(answer)")
            }
            directory.stop()
        }
    }

    /// Names of groups and people that hold what filters and DNs are made of.
    @Test func t15OddNamesFromTheDirectory() async throws {
        let ldif = """
            dn: cn=Dürer\\, Albrecht (*) \\+ Sons,ou=people,dc=example,dc=org
            objectClass: inetOrgPerson
            uid: albrecht
            cn: Dürer, Albrecht (*) + Sons
            sn: Dürer
            userPassword: albrecht-demo

            dn: cn=Painters\\, EU \\+ UK,ou=groups,dc=example,dc=org
            objectClass: groupOfNames
            cn: Painters, EU + UK
            member: cn=Dürer\\, Albrecht (*) \\+ Sons,ou=people,dc=example,dc=org

            dn: cn=everyone else,ou=groups,dc=example,dc=org
            objectClass: groupOfNames
            cn: everyone else
            member: uid=alice,ou=people,dc=example,dc=org
            """
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let directory = Directory(slapd.configuration())
            let person = try #require(await directory.signIn(username: "albrecht", password: secret("albrecht-demo")).value)
            #expect(person.groups == ["cn=painters\\, eu \\+ uk,ou=groups,dc=example,dc=org"])
        }
    }

    @Test func onlyPeopleUnderTheBase() async throws {
        let ldif = """
            dn: ou=contractors,dc=example,dc=org
            objectClass: organizationalUnit
            ou: contractors

            dn: uid=dave,ou=contractors,dc=example,dc=org
            objectClass: inetOrgPerson
            uid: dave
            cn: Dave
            sn: Dave
            userPassword: dave-demo

            dn: uid=alias,ou=people,dc=example,dc=org
            objectClass: inetOrgPerson
            uid: alias
            uid: twice
            cn: One
            sn: One
            userPassword: one-demo

            dn: cn=two,ou=people,dc=example,dc=org
            objectClass: inetOrgPerson
            uid: twice
            cn: two
            sn: Two
            userPassword: two-demo
            """
        try await PrivateSlapd.with(ldif: ldif) { slapd in
            let directory = Directory(slapd.configuration())
            #expect(await directory.signIn(username: "dave", password: secret("dave-demo")).isNotFound)
            // Two people with one name: which one is meant cannot be known.
            let reason = await directory.signIn(username: "twice", password: secret("one-demo")).reason
            #expect(reason == "2 entries match (uid=twice)")
            #expect(await directory.signIn(username: "alias", password: secret("one-demo")).value?.name == "One")
        }
    }

    @Test func t17HalfAnAnswerIsUnknown() async throws {
        let groups = (1...4).map { number in
            """
            dn: cn=g\(number),ou=groups,dc=example,dc=org
            objectClass: groupOfNames
            cn: g\(number)
            member: uid=bob,ou=people,dc=example,dc=org
            """
        }
        try await PrivateSlapd.with(ldif: groups.joined(separator: "\n\n"), sizeLimit: 3) { slapd in
            let directory = Directory(slapd.configuration())
            let reason = await directory.signIn(username: "bob", password: secret("bob-demo")).reason
            #expect(reason?.contains("Size limit exceeded") == true, "\(reason ?? "no reason")")
            #expect(await directory.signIn(username: "carol", password: secret("carol-demo")).value != nil)
            let elsewhere = Directory(slapd.configuration(groupBase: "ou=nowhere,dc=example,dc=org"))
            #expect(await elsewhere.signIn(username: "carol", password: secret("carol-demo")).reason != nil)
        }
    }

    @Test func aWrongBindPasswordIsUnknownAndNeverTold() async throws {
        try await PrivateSlapd.with { slapd in
            var configuration = slapd.configuration()
            configuration.bindPasswordFile = slapd.folder + "/wrong"
            try slapd.write("hunter2-canary", to: "wrong")
            let reason = await Directory(configuration).signIn(username: "bob", password: secret("bob-canary")).reason
            #expect(reason?.contains("Invalid credentials") == true)
            #expect(reason?.contains("canary") == false)
        }
    }
}
