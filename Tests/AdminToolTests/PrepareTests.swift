import FoundationEssentials
import Glibc
import Postgres
import TestSupport
import Testing

@Suite(.enabled(if: getuid() == 0)) struct PrepareTests {
    @Test func fromNothingAndAgain() async throws {
        let fixture = try await PrepareFixture()
        let first = try await fixture.prepare()
        #expect(first.code == 0, "\(first)")
        #expect(
            first.output.hasPrefix(
                """
                made root-key, sealed to this host
                made the key of backups, \(fixture.backupKey): move it to where you keep keys
                made the database martlet
                let the services' users into PostgreSQL: \(fixture.mappings)
                let the services' users into the database: \(fixture.rules)
                applied 0001_foundation.sql

                """), "\(first.output)")
        #expect(first.output.hasSuffix("applied \(AdminFixture.all.last ?? "")\n"))
        #expect(fixture.mode(fixture.key + ".cred") == 0o600 && !fixture.exists(fixture.key))
        let key = try await fixture.openKey()
        #expect(key.split(whereSeparator: \.isWhitespace).count == 32)

        let again = try await fixture.prepare()
        #expect(again.code == 0 && again.output == "" && again.error == "", "\(again)")
        #expect(try await fixture.openKey() == key)
        #expect(fixture.mode(fixture.backupKey) == 0o400)
        // Root comes in now, and so would each service: the server reads both files without a complaint.
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(dsn: fixture.server.dsn(database: PrepareFixture.database)))
        let rules = try await connection.query(
            "SELECT database::text AS database, user_name::text AS users, auth_method, error FROM pg_hba_file_rules ORDER BY line_number"
        )
        #expect(
            try rules.first?.string("database") == "{martlet,martlet_restoring}" && rules.first?.string("auth_method") == "peer")
        #expect(
            try rules.first?.string("users")
                == "{martlet_gateway,martlet_orchestrator,martlet_runner,martlet_broker,martlet_logs,postgres}")
        #expect(try rules.count == 2 && rules.allSatisfy { try $0.optionalString("error") == nil })
        let mappings = try await connection.query(
            "SELECT sys_name || ' ' || pg_username AS line, error FROM pg_ident_file_mappings ORDER BY line_number")
        #expect(
            try mappings.map { try $0.string("line") } == [
                "_martlet-gateway martlet_gateway", "_martlet-orchestrator martlet_orchestrator",
                "_martlet-runner martlet_runner", "_martlet-broker martlet_broker", "_martlet-logs martlet_logs",
                "root postgres", "postgres postgres",
            ])
        let encoding = try await connection.query(
            "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate AS text FROM pg_database WHERE datname = 'martlet'")
        #expect(try encoding.first?.string("text") == "UTF8 C.UTF-8")
        await connection.close()
    }

    /// Before an upgrade: what a backup is sealed to, and nothing in the database that is to be backed up.
    @Test func onlyTheKeys() async throws {
        let fixture = try await PrepareFixture()
        let keys = try await fixture.prepare(["--only-keys"])
        #expect(
            keys.code == 0 && keys.output.hasPrefix("made root-key, ") && keys.output.contains("\nmade the key of backups, "),
            "\(keys)")
        #expect(!keys.output.contains("made the database"))
        #expect(try await fixture.prepare(["--only-keys"]).output == "")
        let rest = try await fixture.prepare()
        #expect(rest.code == 0 && rest.output.hasPrefix("made the database martlet\n"), "\(rest)")
    }

    /// Whenever it is killed, the next run ends what is left, and the key is the first that was made.
    @Test func killedAtAnyMoment() async throws {
        let fixture = try await PrepareFixture()
        var key: String?
        for seconds in [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8] {
            _ = try await fixture.prepare(killedAfter: seconds)
            guard fixture.exists(fixture.key + ".cred") else { continue }
            let now = try await fixture.openKey()
            #expect(key == nil || now == key)
            key = now
        }
        let last = try await fixture.prepare()
        #expect(last.code == 0, "\(last)")
        #expect(try await fixture.prepare().output == "")
        let opened = try await fixture.openKey()
        #expect(key == nil || opened == key)
        #expect(!fixture.exists(fixture.key) && !fixture.exists(fixture.key + ".cred.new"))
        let rules = try String(decoding: Data(contentsOf: URL(filePath: fixture.rules)), as: UTF8.self)
        #expect(rules.split(separator: "\n").count == 3, "\(rules)")
    }

    @Test func whereNothingCanBeSealed() async throws {
        let fixture = try await PrepareFixture()
        let plain = try await fixture.prepare(path: "/nonexistent")
        let dropIn = fixture.folder.file("units/martlet-broker.service.d/martlet-plain-root-key.conf")
        #expect(plain.code == 0, "\(plain)")
        #expect(
            plain.output.hasPrefix(
                """
                made root-key, as a file of its service's alone, since systemd-creds says: there is no systemd-creds on this machine
                wrote \(dropIn)

                """), "\(plain.output)")
        #expect(fixture.mode(fixture.key) == 0o400 && !fixture.exists(fixture.key + ".cred"))
        let text = try String(decoding: Data(contentsOf: URL(filePath: dropIn)), as: UTF8.self)
        #expect(text.hasSuffix("[Service]\nLoadCredential=\nLoadCredential=root-key:\(fixture.key)\n"))
        let key = try Array(Data(contentsOf: URL(filePath: fixture.key)))
        #expect(key.count == 32)
        #expect(try await fixture.prepare(path: "/nonexistent").output == "")

        // On the day on which it works, the same key is sealed.
        let sealed = try await fixture.prepare()
        #expect(sealed.output == "sealed root-key to this host\nremoved \(dropIn)\n", "\(sealed)")
        let opened = try await fixture.openKey().split(whereSeparator: \.isWhitespace).compactMap { UInt8($0, radix: 16) }
        #expect(opened == key && !fixture.exists(fixture.key) && !fixture.exists(dropIn))
    }

    @Test func whatLiesThereInClear() async throws {
        let fixture = try await PrepareFixture()
        _ = try await fixture.prepare()
        // A password that an administrator put there, and changes later.
        for password in ["first", "second"] {
            try fixture.folder.write(password + "\n", to: "credentials/ldap-bind-password")
            chmod(fixture.folder.file("credentials/ldap-bind-password"), 0o600)
            let run = try await fixture.prepare()
            let new = password == "second" ? "the new " : ""
            #expect(run.output == "sealed \(new)ldap-bind-password to this host\n", "\(run)")
            #expect(!fixture.exists(fixture.folder.file("credentials/ldap-bind-password")))
            let opened = try await CommandRun([
                "env", "SYSTEMD_CREDENTIAL_SECRET=\(fixture.folder.file("host-secret"))", "systemd-creds", "decrypt",
                "--name=ldap-bind-password", fixture.folder.file("credentials/ldap-bind-password.cred"), "-",
            ])
            #expect(opened.output == password + "\n")
        }
        // Two root keys: never the one or the other by chance.
        let sealed = fixture.folder.read("credentials/root-key.cred")
        try fixture.folder.write(String(repeating: "x", count: 32), to: "credentials/root-key")
        chmod(fixture.key, 0o400)
        let refused = try await fixture.prepare()
        #expect(refused.code == 1 && refused.error.hasPrefix("error: ADM-025: "), "\(refused)")
        #expect(fixture.folder.read("credentials/root-key.cred") == sealed && fixture.exists(fixture.key))
        // Another host's.
        unlink(fixture.key)
        unlink(fixture.folder.file("host-secret"))
        let foreign = try await CommandRun([
            "env", "SYSTEMD_CREDENTIAL_SECRET=\(fixture.folder.file("host-secret"))", ProgramProcess.folder + "/martlet-admin",
            "audit",
            "verify", "--config", fixture.folder.file("admin.yaml"),
        ])
        #expect(
            foreign.code == 1 && foreign.error.hasPrefix("error: ADM-021: \(fixture.key).cred cannot be opened"), "\(foreign)")
    }

    /// A server that somebody else manages, where our role is no superuser.
    @Test func aDatabaseElsewhere() async throws {
        let fixture = try await PrepareFixture()
        let other = try await SecondPostgres.start()
        let escaped = other.password.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
        try fixture.folder.write("*:*:*:\(other.administrator):\(escaped)\n", to: "pgpass")
        chmod(fixture.folder.file("pgpass"), 0o600)
        try fixture.configure(
            database:
                "host=\(other.host) port=\(other.port) dbname=martlet user=\(other.administrator) passfile=\(fixture.folder.file("pgpass"))"
        )
        let refused = try await fixture.prepare()
        #expect(refused.code == 1 && refused.error.hasPrefix("error: ADM-023: the role 'platform_admin' may not"), "\(refused)")
        let statements = refused.error.split(separator: "\n").map { $0.trimmingPrefix("  ") }.filter { $0.hasSuffix(";") }
        #expect(
            statements == [
                "CREATE ROLE martlet_logs_writer NOLOGIN BYPASSRLS NOINHERIT;",
                "GRANT martlet_logs_writer TO \"platform_admin\" WITH ADMIN OPTION;",
            ])
        let superuser = try await CommandRun(
            ["psql", "-qX", "-v", "ON_ERROR_STOP=1", other.server.dsn()] + statements.flatMap { ["-c", String($0)] })
        #expect(superuser.code == 0, "\(superuser)")
        let done = try await fixture.prepare()
        #expect(done.code == 0 && done.output.hasPrefix("made the database martlet\napplied 0001_"), "\(done)")
        #expect(try await fixture.prepare().output == "")
    }

    @Test func whatIsWrongIsNamed() async throws {
        let fixture = try await PrepareFixture()
        try fixture.configure(database: "host=/nonexistent dbname=martlet user=postgres")
        let away = try await fixture.prepare()
        #expect(away.code == 1 && away.error.hasPrefix("error: ADM-022: cannot reach PostgreSQL: "), "\(away)")
        let user = try await CommandRun([
            "setpriv", "--reuid", "65534", "--clear-groups", "--", ProgramProcess.folder + "/martlet-admin", "prepare",
            "--config",
            fixture.folder.file("admin.yaml"),
        ])
        #expect(user.code != 0, "\(user)")
    }
}
