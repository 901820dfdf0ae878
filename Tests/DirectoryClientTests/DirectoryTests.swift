import Cryptography
import Glibc
import TestSupport
import Testing

@testable import DirectoryClient

extension PrivateSlapd {
    /// How Martlet would be configured for this server.
    func configuration(
        urls: [String]? = nil, startTLS: Bool = false, userFilter: String = "(uid={username})",
        userBase: String = PrivateSlapd.userBase,
        groupBase: String = PrivateSlapd.groupBase, timeoutSeconds: Int = 30
    ) -> DirectoryConfiguration {
        DirectoryConfiguration(
            urls: urls ?? [ldapsURL], startTLS: startTLS, certificateAuthorities: certificateAuthorities, bindDN: Self.bindDN,
            bindPasswordFile: bindPasswordFile, userBase: userBase, userFilter: userFilter, groupBase: groupBase,
            connectTimeoutSeconds: timeoutSeconds, requestTimeoutSeconds: timeoutSeconds)
    }
}

private func secret(_ text: String) -> SecretBytes { SecretBytes(Array(text.utf8)) }

extension DirectoryAnswer {
    var value: Value? { if case .found(let value) = self { value } else { nil } }
    var isNotFound: Bool { if case .notFound = self { true } else { false } }
    var reason: String? { if case .unknown(let reason) = self { reason } else { nil } }
}

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

    /// The server lets an empty password in as anonymous (shown first), so the refusal is ours, and nothing reaches the server.
    @Test func emptyAndBrokenPasswordsAreRefusedHere() async throws {
        try await PrivateSlapd.with { slapd in
            let code = try await slapd.exitCode(
                "ldapwhoami", "-x", "-ZZ", "-H", slapd.ldapURL, "-D", "uid=alice,ou=people,dc=example,dc=org", "-w", "")
            #expect(code == 0, "this server should take an empty password, or the test proves nothing")
            let directory = Directory(slapd.configuration())
            let before = try await slapd.bindCount()
            for password in ["", "alice-demo\0", "\0"] {
                #expect(await directory.signIn(username: "alice", password: secret(password)).isNotFound)
                #expect(await directory.signIn(username: "nobody", password: secret(password)).isNotFound)
            }
            #expect(await directory.signIn(username: "", password: secret("x")).isNotFound)
            #expect(await directory.signIn(username: "alice\0", password: secret("alice-demo")).isNotFound)
            #expect(try await slapd.bindCount() - before == 1, "the one bind is that of the second count itself")
            // Spaces are a password like any other: the server refuses them.
            #expect(await directory.signIn(username: "alice", password: secret("   ")).isNotFound)
            #expect(try await slapd.bindCount() - before > 2)
        }
    }

    @Test func namesAreTakenLiterally() async throws {
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
    @Test func oddNamesFromTheDirectory() async throws {
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

    @Test func halfAnAnswerIsUnknown() async throws {
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

    @Test func aServerThatIsAwayIsUnknownAndComesBack() async throws {
        try await PrivateSlapd.with { slapd in
            let directory = Directory(slapd.configuration(urls: ["ldaps://127.0.0.1:1", slapd.ldapsURL]))
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).value != nil)
            try await slapd.stop()
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).reason != nil)
            #expect(await directory.signIn(username: "bob", password: secret("wrong")).reason != nil)
            try await slapd.start()
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).value != nil)
        }
    }

    @Test(arguments: [true, false]) func aSilentServerIsUnknownInTime(_ startTLS: Bool) async throws {
        let silent = try SilentListener()
        try await PrivateSlapd.with { slapd in
            let url = "\(startTLS ? "ldap" : "ldaps")://127.0.0.1:\(silent.port)"
            let directory = Directory(slapd.configuration(urls: [url], startTLS: startTLS, timeoutSeconds: 2))
            let start = ContinuousClock.now
            #expect(await directory.signIn(username: "bob", password: secret("bob-demo")).reason != nil)
            // Not the kernel's minutes.
            #expect(ContinuousClock.now - start < .seconds(30))
            withExtendedLifetime(silent) {}
        }
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        try await PrivateSlapd.with(certificateNames: "DNS:directory.example.org") { slapd in
            for configuration in [slapd.configuration(), slapd.configuration(urls: [slapd.ldapURL], startTLS: true)] {
                #expect(await Directory(configuration).signIn(username: "bob", password: secret("bob-demo")).reason != nil)
            }
        }
    }

    @Test func aCertificateOfAnotherAuthorityIsRefused() async throws {
        try await PrivateSlapd.with { slapd in
            var configuration = slapd.configuration()
            configuration.certificateAuthorities = "/etc/ssl/certs/ca-certificates.crt"
            #expect(await Directory(configuration).signIn(username: "bob", password: secret("bob-demo")).reason != nil)
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

    @Test func configurationsThatWouldLeakAreRefused() {
        func problems(_ url: String, _ startTLS: Bool) -> [String] {
            DirectoryConfiguration(
                urls: [url], startTLS: startTLS, bindDN: "cn=m,dc=x", bindPasswordFile: "/x", userBase: "dc=x", groupBase: "dc=x"
            ).problems.map(\.key)
        }
        #expect(problems("ldap://ldap.example.org", false) == ["urls[0]"])
        #expect(problems("ldap://ldap.example.org", true) == [])
        #expect(problems("ldaps://ldap.example.org", false) == [])
        #expect(problems("ldapi://%2Frun%2Fslapd", false) == [])
        #expect(problems("http://ldap.example.org", true) == ["urls[0]"])
        let bad = DirectoryConfiguration(
            urls: [], bindDN: "martlet", bindPasswordFile: "/x", userBase: "", userFilter: "uid=x", groupBase: "x",
            groupFilter: "(member=x)",
            connectTimeoutSeconds: 0)
        #expect(
            bad.problems.map(\.key)
                == ["urls", "bind_dn", "user.base", "group.base", "user.filter", "group.filter", "connect_timeout_seconds"])
    }
}

/// Takes connections and says nothing.
private final class SilentListener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, generic, &length) == 0
            }
        }
        try #require(listens)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
