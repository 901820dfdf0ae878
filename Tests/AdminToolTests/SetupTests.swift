import FoundationEssentials
import Glibc
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import AdminTool

@Suite(.enabled(if: getuid() == 0)) struct SetupTests {
    /// The files as they are installed, with this test's paths; `martlet-admin` finds no systemd-creds, so that the gateway reads plain files.
    private struct Host {
        let fixture: DirectoryFixture
        var folder: TemporaryFolder { fixture.folder }

        init(_ fixture: DirectoryFixture) throws {
            self.fixture = fixture
            let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet")
            try FileManager.default.createDirectory(
                atPath: fixture.folder.file("credentials"), withIntermediateDirectories: false)
            for name in ["gateway.yaml", "orchestrator.yaml", "runner.yaml", "broker.yaml"] {
                var text = String(decoding: try Data(contentsOf: shipped.appending(path: name)), as: UTF8.self)
                for room in ["gateway", "orchestrator"] {
                    text = text.replacing(
                        "host=/var/run/postgresql dbname=martlet user=martlet_\(room)",
                        with: "\"\(fixture.admin.database.dsn(role: "martlet_\(room)"))\"")
                    text = text.replacing("_martlet-\(room)", with: "\"\(getuid())\"")
                }
                text = text.replacing("/run/credentials/martlet-gateway.service", with: fixture.folder.file("credentials"))
                text = text.replacing("/run/martlet/", with: fixture.folder.path + "/").replacing(
                    "/var/lib/martlet/", with: fixture.folder.path + "/")
                text = text.replacing("_martlet-logs", with: "65534").replacing("/run/podman", with: fixture.folder.path)
                text = text.replacing("host: 0.0.0.0", with: "host: 127.0.0.1").replacing(
                    "port: 8443", with: "port: \(fixture.port.number)")
                text = text.replacing("    - localhost\n", with: "")
                text = text.replacing(
                    "/usr/lib/martlet/openapi.json",
                    with: shipped.appending(path: "../../docs/reference/openapi.json").standardized.path)
                try fixture.folder.write(text, to: name)
            }
            try FileManager.default.createDirectory(atPath: fixture.folder.file("gateway"), withIntermediateDirectories: false)
            let admin = fixture.folder.read("admin.yaml") ?? ""
            try fixture.folder.write(
                admin.replacing(fixture.folder.file("root-key"), with: fixture.folder.file("credentials/root-key")),
                to: "admin.yaml")
            try fixture.folder.write(PrivateSlapd.bindPassword + "\n", to: "password")
            chmod(fixture.folder.file("password"), 0o600)
        }

        func answers(_ more: String = "", bindDN: String = "cn=martlet,dc=example,dc=org") throws {
            try folder.write(
                """
                directory:
                  kind: openldap
                  urls: ["\(fixture.slapd.ldapsURL)"]
                  ca: \(fixture.slapd.certificateAuthorities)
                  bind_dn: \(bindDN)
                  bind_password_file: \(folder.file("password"))
                  user_base: ou=people,dc=example,dc=org
                  group_base: ou=groups,dc=example,dc=org
                \(more)
                """, to: "answers.yaml")
        }

        /// In the place of what installs one: the same answers, and passwords, for the private directory.
        func makesDirectories() throws {
            let slapd = fixture.slapd
            let program = """
                #!/bin/sh
                PATH=/usr/sbin:/usr/bin:/sbin:/bin
                read -r account
                read -r person
                echo "$*" > \(folder.path)/asked
                printf %s "$account" > \(folder.path)/account
                printf %s "$person" > \(folder.path)/person
                for name in "account cn=martlet" "person uid=$1,ou=people"; do
                    ldappasswd -Q -Y EXTERNAL -H \(slapd.ldapiURL) -T "\(folder.path)/${name%% *}" "${name#* },dc=example,dc=org" || exit 1
                done
                [ -e \(folder.path)/again ] || printf 'did made something\nnew uid=%s,ou=people,dc=example,dc=org\n' "$1"
                printf 'url \(slapd.ldapiURL.replacing("%", with: "%%"))\nbase dc=example,dc=org\n'
                touch \(folder.path)/again
                """
            // By a process that ends: a program that is started here at this moment would have the open file, too, which then could not be
            // run (ETXTBSY).
            let made = try Command.run(
                "/bin/sh", ["-c", #"printf %s "$1" > "$2" && chmod 0700 "$2""#, "sh", program, folder.file("local-directory")])
            #expect(made.code == 0, "\(made.output)")
        }

        func setup() async throws -> CommandRun {
            let definitions = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/definitions")
                .standardized.path
            return try await CommandRun([
                "env", "PATH=/nonexistent", ProgramProcess.folder + "/martlet-admin", "setup", "--config",
                folder.file("admin.yaml"),
                "--answers", folder.file("answers.yaml"), "--definitions", definitions, "--client",
                ProgramProcess.folder + "/martlet", "--local-directory", folder.file("local-directory"),
            ])
        }

        func start(_ room: String) async throws -> ProgramProcess {
            let program = try ProgramProcess(
                "martlet-\(room)", arguments: ["--config", folder.file("\(room).yaml")], log: folder.file("\(room).log"))
            try await eventually("martlet-\(room) to answer") {
                try await CommandRun.curl(folder.file("\(room).sock"), "/healthz").status == "200"
            }
            return program
        }
    }

    @Test func aDirectoryAnOrganisationAndDefinitions() async throws {
        try await DirectoryFixture.with { fixture in
            let host = try Host(fixture)
            #expect(try await fixture.admin.run("bootstrap").code == 0)
            try host.answers()
            let first = try await host.setup()
            // Nothing runs yet: the directory is in the file all the same.
            #expect(
                first.output.hasPrefix(
                    """
                    kept the password of cn=martlet,dc=example,dc=org
                    wrote the directory into \(host.folder.file("gateway.yaml"))

                    """), "\(first)")
            #expect(first.code == 1 && first.output.contains("FAIL  gateway       does not answer"), "\(first)")
            let gateway = try await host.start("gateway"), orchestrator = try await host.start("orchestrator")

            try host.answers(
                """
                organization:
                  id: acme
                  name: Acme
                  administrators: cn=platform-engineers,ou=groups,dc=example,dc=org
                definitions: [route, template]
                """)
            let second = try await host.setup()
            #expect(
                second.output.hasPrefix(
                    """
                    made the organisation 'acme'
                    members of cn=platform-engineers,ou=groups,dc=example,dc=org administer it
                    imported the definition 'route'
                    imported the definition 'template'

                    """), "\(second)")
            #expect(second.output.contains("FAIL  broker") && !second.output.contains("directory  "), "\(second)")
            #expect(try await fixture.signIn("alice") == "200")
            // What is there stays.
            let again = try await host.setup()
            #expect(!again.output.contains("made the organisation") && !again.output.contains("wrote the directory"), "\(again)")
            for run in [first, second, again] { #expect(!(run.output + run.error).contains(PrivateSlapd.bindPassword)) }
            _ = (gateway, orchestrator)
        }
    }

    @Test(.enabled(if: getenv("MARTLET_SAMBA") != nil, "scripts/samba-test runs it")) func anActiveDirectory() async throws {
        try await DirectoryFixture.with { fixture in
            let host = try Host(fixture)
            #expect(try await fixture.admin.run("bootstrap").code == 0)
            let engineers = """
                dn: cn=engineers,\(PrivateSamba.users)
                objectClass: group
                sAMAccountName: engineers
                member: cn=alice,\(PrivateSamba.users)
                """
            try await PrivateSamba.with(users: ["alice"], ldif: engineers) { samba in
                try host.folder.write(
                    """
                    directory:
                      kind: active_directory
                      urls: ["ldaps://\(PrivateSamba.address)"]
                      ca: \(samba.certificateAuthorities)
                      bind_dn: martlet@corp.test
                      bind_password_file: \(samba.bindPasswordFile)
                      user_base: \(PrivateSamba.users)
                      group_base: \(PrivateSamba.base)
                    """, to: "answers.yaml")
                let run = try await host.setup()
                #expect(
                    run.output.hasPrefix(
                        """
                        kept the password of martlet@corp.test
                        wrote the directory into \(host.folder.file("gateway.yaml"))

                        """), "\(run)")
                // As the file then is: found by the name of Active Directory's, with the group.
                let check = try await fixture.check("--user", "alice")
                #expect(
                    check.output.contains("ok       person") && check.output.lowercased().contains("1: cn=engineers,"), "\(check)"
                )
            }
        }
    }

    @Test func aDirectoryOnThisMachine() async throws {
        try await DirectoryFixture.with { fixture in
            let host = try Host(fixture)
            #expect(try await fixture.admin.run("bootstrap").code == 0)
            try host.folder.write("directory: {kind: local, person: alice, domain: example.org}\n", to: "answers.yaml")
            let missing = try await host.setup()
            #expect(
                missing.code == 1
                    && missing.error
                        == "error: ADM-045: no directory was made on this machine: there is no \(host.folder.file("local-directory"))\n",
                "\(missing)")
            try host.makesDirectories()
            let first = try await host.setup()
            let password = try #require(host.folder.read("person"), "\(first)")
            #expect(password.utf8.count == 24 && password != host.folder.read("account"))
            #expect(
                first.output.hasPrefix(
                    """
                    made something
                    added uid=alice,ou=people,dc=example,dc=org, whose password is \(password) (it is shown only now)
                    kept the password of cn=martlet,dc=example,dc=org
                    wrote the directory into \(host.folder.file("gateway.yaml"))

                    """), "\(first)")
            #expect(host.folder.read("asked") == "alice example.org\n")
            let account = try #require(host.folder.read("account"))
            #expect(host.folder.read("credentials/ldap-bind-password") == account)
            // The same account with the same password, and nobody's password is shown.
            let again = try await host.setup()
            #expect(host.folder.read("account") == account)
            let changes = again.output.split(separator: "\n").filter { line in
                ["made ", "added ", "kept ", "wrote "].contains { line.hasPrefix($0) }
            }
            #expect(changes.isEmpty, "\(again)")
            #expect(!again.output.contains(host.folder.read("person") ?? "nobody's") && !first.output.contains(account))
        }
    }

    @Test func whatIsWrongIsToldAtOnceAndChangesNothing() async throws {
        try await DirectoryFixture.with { fixture in
            let host = try Host(fixture), before = host.folder.read("gateway.yaml")
            #expect(try await fixture.admin.run("bootstrap").code == 0)
            try host.answers(bindDN: "cn=nobody,dc=example,dc=org")
            let refused = try await host.setup()
            #expect(refused.code == 1 && refused.error.hasPrefix("error: ADM-043: "), "\(refused)")
            #expect(refused.error.contains("bind: "))
            try host.folder.write(
                """
                directory: {kind: openldap, urls: [], bnd_dn: x}
                organisation: {id: acme}
                definitions: [route]
                """, to: "answers.yaml")
            let problems = try await host.setup()
            #expect(problems.code == 2, "\(problems)")
            for part in [
                "directory.bnd_dn: unknown key; did you mean 'bind_dn'?",
                "organisation: unknown key; did you mean 'organization'?",
                "directory.urls", "directory.bind_dn", "directory.user_base", "definitions",
            ] { #expect(problems.error.contains(part), "\(part): \(problems.error)") }
            try host.folder.write("directory: {kind: local, person: Alice!, domain: -x, urls: []}\n", to: "answers.yaml")
            let names = try await host.setup()
            #expect(names.code == 2, "\(names)")
            for part in [
                "directory.person: 'Alice!' must be", "directory.domain: '-x' is no domain", "directory.urls: unknown key",
            ] {
                #expect(names.error.contains(part), "\(part): \(names.error)")
            }
            try host.answers("organization: {id: acme}\ndefinitions: [rout]")
            let unknown = try await host.setup()
            #expect(
                unknown.code == 1 && unknown.error.hasPrefix("error: ADM-041: ")
                    && unknown.error.contains("did you mean 'route'?"),
                "\(unknown)")
            #expect(host.folder.read("gateway.yaml") == before)
            #expect(!FileManager.default.fileExists(atPath: host.folder.file("credentials/ldap-bind-password")))
        }
    }

    @Test func theQuestionsGiveTheSameAnswers() throws {
        func asked(_ lines: [String]) throws -> SetupAnswers {
            var rest = lines[...]
            return try SetupQuestions(read: { rest.popFirst() }, write: { _ in }).ask(definitions: ["echo", "route"])
        }
        #expect(try asked(["", ""]) == SetupAnswers(kind: .none))
        let whole = try asked([
            "samba", "active_directory", "ldaps://dc", "", "cn=m", "/p", "dc=x", "", "acme", "", "cn=admins", "route, echo",
        ])
        #expect(
            whole
                == SetupAnswers(
                    kind: .activeDirectory,
                    directory: .init(
                        urls: ["ldaps://dc"], authorities: "/etc/ssl/certs/ca-certificates.crt", bindDN: "cn=m",
                        bindPasswordFile: "/p",
                        userBase: "dc=x", groupBase: "dc=x"),
                    organization: .init(id: "acme", name: "acme", administrators: "cn=admins"), definitions: ["route", "echo"]))
        #expect(
            try asked(["local", "Alice", "alice", "", "acme", "", "-"])
                == SetupAnswers(
                    kind: .local, local: .init(person: "alice", domain: "martlet.internal"),
                    organization: .init(id: "acme", name: "acme"), definitions: []))
        #expect(throws: ErrorBody.self) { try asked(["openldap", "ldaps://x"]) }
    }
}
