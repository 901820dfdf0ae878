import FoundationEssentials
import Glibc
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

/// From one host to another that has nothing in common with it: cluster, keys, host secret (T65).
@Suite(.enabled(if: getuid() == 0)) struct BackupTests {
    private static let prefix = "orgs/acme/apps/shop/envs/dev/resources"

    /// A host with the broker's and the gateway's files as they are installed, but for their paths.
    private func host() async throws -> PrepareFixture {
        let fixture = try await PrepareFixture()
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet")
        let gateway = String(decoding: try Data(contentsOf: shipped.appending(path: "gateway.yaml")), as: UTF8.self)
        try fixture.folder.write(
            gateway.replacing("/var/lib/martlet/gateway", with: fixture.folder.file("gateway")), to: "gateway.yaml")
        try fixture.folder.write(
            """
            socket: \(fixture.folder.file("broker.sock"))
            database: \(fixture.server.dsn(database: PrepareFixture.database, role: "martlet_broker"))
            root_key_file: \(fixture.folder.file("opened-root-key"))
            audit_heads_file: \(fixture.folder.file("heads.jsonl"))
            audit_head_seconds: 1
            callers: {orchestrator: "\(getuid())", runner: "\(getuid())"}
            """, to: "broker.yaml")
        let prepared = try await fixture.prepare()
        #expect(prepared.code == 0, "\(prepared)")
        try await fixture.letRootBe("martlet_broker")
        return fixture
    }

    /// The broker, with the key as systemd would hand it over.
    private func startBroker(_ host: PrepareFixture) async throws -> ProgramProcess {
        let opened = try await CommandRun([
            "env", "SYSTEMD_CREDENTIAL_SECRET=\(host.folder.file("host-secret"))", "sh", "-c",
            "umask 077; systemd-creds decrypt --name=root-key \(host.key).cred \(host.folder.file("opened-root-key"))",
        ])
        #expect(opened.code == 0, "\(opened)")
        let broker = try ProgramProcess(
            "martlet-broker", arguments: ["--config", host.folder.file("broker.yaml")], log: host.folder.file("broker.log"))
        try await eventually("the broker to be ready") {
            try await CommandRun.curl(host.folder.file("broker.sock"), "/readyz").status == "200"
        }
        return broker
    }

    private func client(_ host: PrepareFixture) -> RoomClient {
        RoomClient(room: "broker", socket: host.folder.file("broker.sock"))
    }

    /// A host with an organisation, a secret, and entries in the audit log that are sealed and signed outside.
    private func hostInUse() async throws -> (host: PrepareFixture, broker: ProgramProcess, reference: SecretReference) {
        let host = try await host(), broker = try await startBroker(host)
        let connection = try await PostgresConnection.connect(
            PostgresConfiguration(dsn: host.server.dsn(database: PrepareFixture.database)))
        try await connection.execute("INSERT INTO martlet.tenants (org_id) VALUES ('acme')")
        await connection.close()
        let grant = Grant(orgID: "acme", reads: [], writePrefix: Self.prefix, standing: true)
        try await client(host).send(.put, "/v1/grants/g", body: grant)
        let written: SecretWriteReply = try await client(host).call(
            .post, "/v1/secrets/write",
            body: SecretWriteRequest(
                grant: "g", orgID: "acme", path: Self.prefix + "/a/password", value: "canary-value", ifAbsent: true))
        try await eventually("the audit log to be sealed, and its end to be kept") {
            let verified = try await host.run(["audit", "verify", "--output", "json"])
            return verified.code == 0 && verified.output.contains("\"unsealed\":0")
                && host.folder.read("heads.jsonl")?.isEmpty == false
        }
        return (host, broker, written.reference)
    }

    @Test func toAnotherHost() async throws {
        let (first, broker, reference) = try await hostInUse()
        try FileManager.default.createDirectory(atPath: first.folder.file("gateway/tls"), withIntermediateDirectories: true)
        try first.folder.write("the certificate", to: "gateway/tls/certificate.pem")
        try first.folder.write("changed: by hand", to: "logs.yaml")
        let escrow = try TemporaryFolder("mescrow"), onHost = escrow.file("key")
        let split = try await first.run(["backup-key", "--shares", "5", "--threshold", "3", onHost])
        #expect(split.code == 0 && split.output.contains("3 of these 5 open the backups of the key "), "\(split)")
        #expect(!first.exists(onHost) && first.mode(onHost + ".share-5") == 0o400)
        // While it runs.
        let made = try await first.run(["backup", first.folder.file("backup")])
        #expect(made.code == 0 && made.output.hasPrefix(first.folder.file("backup") + ": "), "\(made)")
        #expect(first.mode(first.folder.file("backup")) == 0o600)
        broker.kill(SIGTERM)
        #expect(try await broker.exit() == 0)
        let bytes = try Data(contentsOf: URL(filePath: first.folder.file("backup")))
        for part in ["canary-value", "PGDMP", "tenants", "martlet_broker"] {
            #expect(bytes.firstRange(of: Data(part.utf8)) == nil, "\(part) is in the file")
        }
        try FileManager.default.copyItem(atPath: first.folder.file("backup"), toPath: escrow.file("backup"))
        let shares = [5, 2, 3].flatMap { ["--share", "\(onHost).share-\($0)"] }
        let key = try await first.openKey()
        #expect(try await first.run(["backup", first.folder.file("backup")]).error.hasPrefix("error: ADM-031: "))

        let second = try await host()
        let foreign = try await second.openKey(), admin = second.folder.read("admin.yaml")
        #expect(foreign != key)
        let few = try await second.run(["restore", escrow.file("backup")] + shares.prefix(4))
        #expect(few.code == 1 && few.error.hasPrefix("error: ADM-039: 3 shares of the key "), "\(few)")
        let restored = try await second.run(["restore", escrow.file("backup")] + shares)
        #expect(restored.code == 0, "\(restored)")
        #expect(
            restored.output.contains("its audit log is whole: ") && restored.output.contains("\nrestored in "),
            "\(restored.output)")
        #expect(try await second.openKey() == key && second.folder.read("admin.yaml") == admin)
        #expect(second.exists(second.key + ".cred.before-restore"))
        #expect(second.folder.read("gateway/tls/certificate.pem") == "the certificate")
        #expect(second.folder.read("logs.yaml") == "changed: by hand")
        for secret in ["canary-value", "opened-root-key"] { #expect(!(restored.output + restored.error).contains(secret)) }

        // broker.yaml came from the other host: here its paths are this host's.
        let configuration = try #require(second.folder.read("broker.yaml"))
        #expect(configuration.contains(first.folder.path))
        try second.folder.write(
            configuration.replacing(first.folder.path, with: second.folder.path).replacing(
                first.server.socketFolder, with: second.server.socketFolder), to: "broker.yaml")
        let again = try await startBroker(second)
        let read: SecretReadReply = try await client(second).call(
            .post, "/v1/secrets/read", body: SecretReadRequest(grant: "g", references: [reference]))
        #expect(read.values == ["canary-value"])
        // With what was done here as its newest entry, which is sealed like all others.
        try await eventually("the log to be sealed") {
            let verified = try await second.run(
                ["audit", "verify", "--output", "json", "--head", second.folder.file("heads.jsonl")])
            return verified.code == 0 && verified.output.contains("\"unsealed\":0")
        }
        let entry = try await second.run(["audit", "show", "--actor", "root"]).output
        #expect(entry.contains("  done  root  restore  ") && entry.contains("\"backup_made_at\""), "\(entry)")
        // Another run of what is done: in use now, by organisations and by sessions.
        let refused = try await second.run(["restore", escrow.file("backup")] + shares)
        #expect(refused.code == 1 && refused.error.hasPrefix("error: ADM-033: "), "\(refused)")
        let busy = try await second.run(["restore", escrow.file("backup"), "--replace"] + shares)
        #expect(busy.code == 1 && busy.error.hasPrefix("error: ADM-035: the database is in use by martlet_broker"), "\(busy)")
        again.kill(SIGTERM)
        #expect(try await again.exit() == 0)
        let replaced = try await second.run(["restore", escrow.file("backup"), "--replace"] + shares)
        #expect(replaced.code == 0 && replaced.output.contains("is kept as martlet_before_restore_"), "\(replaced)")
        #expect(try await second.prepare().output == "")
    }

    @Test func whatIsWrongChangesNothing() async throws {
        let (host, broker, _) = try await hostInUse()
        broker.kill(SIGTERM)
        #expect(try await broker.exit() == 0)
        let backup = host.folder.file("backup")
        #expect(try await host.run(["backup", backup]).code == 0)
        let whole = try Data(contentsOf: URL(filePath: backup)), key = try await host.openKey()
        let cut = try host.folder.write("", to: "cut"), other = host.folder.file("other-key")
        let otherPublic = host.folder.read("backup-key.pub")
        #expect(try await host.run(["backup-key", other]).code == 0 && host.folder.read("backup-key.pub") != otherPublic)
        func restore(_ file: String, key: String? = nil) async throws -> CommandRun {
            try await host.run(["restore", file, "--key", key ?? host.backupKey, "--replace"])
        }
        for (count, reason) in [(100, "cut off"), (whole.count / 2, "cut off"), (whole.count - 1, "cut off")] {
            try whole.prefix(count).write(to: URL(filePath: cut))
            let run = try await restore(cut)
            #expect(run.code == 1 && run.error.hasPrefix("error: ADM-03") && run.error.contains(reason), "\(count): \(run)")
        }
        var changed = whole
        changed[whole.count - 100] ^= 1
        try changed.write(to: URL(filePath: cut))
        #expect(try await restore(cut).error.contains("it was changed, or is damaged"))
        #expect(try await restore(backup, key: other).error.contains("it is sealed to another key"))
        #expect(try await restore(host.folder.file("admin.yaml")).error.contains("this is no backup of Martlet's"))
        #expect(try await restore(backup, key: host.folder.file("admin.yaml")).code == 1)
        // All of it is as it was.
        #expect(try await host.openKey() == key && !host.exists(host.key + ".cred.before-restore"))
        #expect(try await host.run(["audit", "verify"]).code == 0)
        unlink(host.folder.file("backup-key.pub"))
        let without = try await host.run(["backup", host.folder.file("third")])
        #expect(without.code == 1 && without.error.hasPrefix("error: ADM-030: "), "\(without)")
        #expect(!host.exists(host.folder.file("third")) && !host.exists(host.folder.file("third.part")))
    }
}
