import PlatformModel
import TestSupport
import Testing

@Suite struct LDAPCheckTests {
    private static let team = """
        dn: cn=team,ou=groups,dc=example,dc=org
        objectClass: groupOfNames
        cn: team
        member: cn=platform-engineers,ou=groups,dc=example,dc=org
        """

    @Test func everyStepWithTheRolesThatFollow() async throws {
        try await DirectoryFixture.with(ldif: Self.team) { fixture in
            let gateway = try await fixture.startGateway()
            try await fixture.assign("team", "\"level\": \"org\", \"role\": \"administrator\"")
            try await fixture.assign("platform-engineers", "\"level\": \"app\", \"object\": \"shop\", \"role\": \"developer\"")
            let run = try await fixture.check("--user", "Alice")
            #expect(run.code == 0, "\(run)")
            let lines = run.output.split(separator: "\n").map(String.init)
            let id = try #require(lines.first { $0.contains("entryUUID") }?.split(separator: " ").last)
            #expect(
                lines == [
                    "ok       connect   \(fixture.slapd.ldapsURL)",
                    "ok       tls       \(fixture.slapd.ldapsURL): the certificate is good, and is for this host",
                    "ok       bind      \(fixture.slapd.ldapsURL): as cn=martlet,dc=example,dc=org",
                    "ok       people    (uid={username}) finds people under ou=people,dc=example,dc=org",
                    "ok       person    uid=alice,ou=people,dc=example,dc=org, entryUUID \(id)",
                    "ok       account   may be used", "ok       groups    1: cn=platform-engineers,ou=groups,dc=example,dc=org",
                    "ok       nested    1 more: cn=team,ou=groups,dc=example,dc=org",
                    "ok       roles     acme, application shop: developer (by cn=platform-engineers,ou=groups,dc=example,dc=org)",
                    "ok       roles     acme: administrator (by cn=team,ou=groups,dc=example,dc=org)",
                ])
            let json = try JSON.parse(try await fixture.check("--user", "alice", "--output", "json").output)
            #expect(json["ok"] == true && json["person"]?["id"] == .string(String(id)))
            #expect(json["person"]?["nested_groups"] == ["cn=team,ou=groups,dc=example,dc=org"])
            #expect(json["roles"]?.array?.count == 2)
            let bob = try await fixture.check("--user", "bob")
            #expect(bob.code == 0 && bob.output.contains("roles     none in any organization: they cannot sign in"))
            _ = gateway
        }
    }

    enum Mistake: String, CaseIterable {
        case port, scheme, authority, bindDN, passwordFile, password, userBase, groupBase, filter, nobody
    }

    /// Each mistake is named by its step and its key, and no password is in any of it (T23).
    @Test(arguments: Mistake.allCases) func eachMistakeIsNamed(_ mistake: Mistake) async throws {
        try await DirectoryFixture.with { fixture in
            let slapd = fixture.slapd
            var words: [String] = ["--user", "bob"]
            let expected: (step: String, remedy: String)
            switch mistake {
            case .port:
                try fixture.configure(slapd.ldapsURL, to: "ldaps://127.0.0.1:1")
                expected = ("connect", "Is the server running")
            case .scheme:
                try fixture.configure("ldaps://127.0.0.1:\(slapd.ldapsPort)", to: "ldaps://127.0.0.1:\(slapd.ldapPort)")
                expected = ("tls", "does not speak TLS this way")
            case .authority:
                try fixture.configure(slapd.certificateAuthorities, to: "/etc/ssl/certs/ca-certificates.crt")
                expected = ("tls", "ldap.ca must hold the authority")
            case .bindDN:
                try fixture.configure("bind_dn: cn=martlet", to: "bind_dn: cn=nobody")
                expected = ("bind", "ldap.bind_dn or the password")
            case .passwordFile:
                try fixture.configure(slapd.bindPasswordFile, to: "/nowhere/password")
                expected = ("bind", "ldap.bind_password_file must be a file")
            case .password:
                try slapd.write("wrong-canary", to: "bind-password")
                expected = ("bind", "ldap.bind_dn or the password")
            case .userBase:
                try fixture.configure(PrivateSlapd.userBase, to: "ou=persons,dc=example,dc=org")
                expected = ("people", "Correct ldap.user.base")
            case .groupBase:
                try fixture.configure(PrivateSlapd.groupBase, to: "ou=teams,dc=example,dc=org")
                expected = ("groups", "Correct ldap.group.base")
            case .filter:
                try fixture.configure("user: {", to: "user: {filter: \"(employeeNumber={username})\", ")
                expected = ("people", "ldap.user.filter")
            case .nobody:
                words = ["--user", "mallory"]
                expected = ("person", "Is the name right?")
            }
            let run = try await CommandRun(
                [
                    ProgramProcess.folder + "/martlet-admin", "ldap", "check", "--config", fixture.folder.file("admin.yaml"),
                    "--gateway-config", fixture.folder.file("gateway.yaml"),
                ] + words)
            #expect(run.code == 1, "\(run)")
            let lines = run.output.split(separator: "\n").map(String.init)
            let at = try #require(lines.firstIndex { $0.hasPrefix("FAILED   \(expected.step)") }, "\(run.output)")
            #expect(lines[at + 1].contains(expected.remedy), "\(run.output)")
            for secret in [PrivateSlapd.bindPassword, "canary", "bob-demo"] {
                #expect(!(run.output + run.error).contains(secret))
            }
        }
    }

    @Test func certificatesAreJudged() async throws {
        try await DirectoryFixture.with(certificateNames: "DNS:directory.example.org") { fixture in
            let run = try await fixture.check()
            #expect(run.code == 1 && run.output.contains("FAILED   tls"), "\(run)")
        }
        try await DirectoryFixture.with(certificate: .expired) { fixture in
            let run = try await fixture.check()
            #expect(run.code == 1 && run.output.contains("has expired"), "\(run)")
        }
    }

    /// The second server is tried although the first one works, and the file may have keys that only the gateway knows.
    @Test func everyServerIsTried() async throws {
        try await DirectoryFixture.with { fixture in
            try fixture.configure("[\(fixture.slapd.ldapsURL)]", to: "[\(fixture.slapd.ldapsURL), \"ldaps://127.0.0.1:1\"]")
            let run = try await fixture.check("--user", "carol")
            #expect(run.code == 1 && run.output.contains("FAILED   connect   ldaps://127.0.0.1:1"), "\(run)")
            #expect(run.output.contains("ok       groups    1: cn=auditors,ou=groups,dc=example,dc=org"))
            #expect(run.output.contains("warning  roles     gateway cannot be reached"))
            try fixture.configure("user: {", to: "user: {fliter: x, ")
            let misspelt = try await fixture.check()
            #expect(misspelt.code == 2 && misspelt.error.contains("ldap.user.fliter: unknown key; did you mean 'filter'?"))
        }
    }
}
