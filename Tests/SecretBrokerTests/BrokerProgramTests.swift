import FoundationEssentials
import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

/// The real program.
@Suite struct BrokerProgramTests {
    private func start(
        _ folder: TemporaryFolder, _ database: TestDatabase, environment: [String: String] = [:], keyFile: String = "root-key"
    ) throws -> ProgramProcess {
        let file = try folder.write(
            """
            socket: \(folder.file("broker.sock"))
            database: \(database.dsn(role: "martlet_broker"))
            root_key_file: \(keyFile)
            audit_heads_file: \(folder.file("heads.jsonl"))
            callers: {orchestrator: "\(getuid())", runner: "\(getuid())"}
            """, to: "broker.yaml")
        return try ProgramProcess(
            "martlet-broker", arguments: ["--config", file], environment: environment, log: folder.file("log"))
    }

    private func writeKey(_ folder: TemporaryFolder, mode: mode_t = 0o400, count: Int = 32) throws {
        try Data(repeating: 9, count: count).write(to: URL(filePath: folder.file("root-key")))
        chmod(folder.file("root-key"), mode)
    }

    @Test("A write that was stored when the broker died is found by the one that asks again, and no log line holds it")
    func crash() async throws {
        let folder = try TemporaryFolder("broker"), database = try await PrivatePostgres.database()
        try writeKey(folder)
        // The key's file is named as a systemd credential.
        let credentials = ["CREDENTIALS_DIRECTORY": folder.path]
        let crashing = ["MARTLET_FAULT": "broker.afterWrite=crash"].merging(credentials) { first, _ in first }
        let first = try start(folder, database, environment: crashing)
        let client = RoomClient(room: "broker", socket: folder.file("broker.sock"))
        let prefix = "orgs/acme/apps/shop/envs/dev/resources"
        try await client.send(.put, "/v1/grants/g", body: Grant(orgID: "acme", reads: [], writePrefix: prefix, standing: true))
        let request = SecretWriteRequest(
            grant: "g", orgID: "acme", path: prefix + "/a/generated/password", value: "canary-first", ifAbsent: true)
        await #expect(throws: RoomError.self) {
            _ = try await client.call(.post, "/v1/secrets/write", body: request, timeout: .seconds(5), as: SecretWriteReply.self)
        }
        #expect(try await first.exit() == 128 + SIGKILL)

        let second = try start(folder, database, environment: credentials)
        var again = request
        again.value = "canary-second"
        let reply: SecretWriteReply = try await client.call(.post, "/v1/secrets/write", body: again)
        #expect(!reply.stored && reply.reference.version == "1")
        let read: SecretReadReply = try await client.call(
            .post, "/v1/secrets/read", body: SecretReadRequest(grant: "g", references: [reply.reference]))
        #expect(read.values == ["canary-first"])
        #expect(try await CommandRun.curl(folder.file("broker.sock"), "/readyz").status == "200")
        second.kill(SIGTERM)
        #expect(try await second.exit() == 0)
        #expect(second.output.contains("secrets read") && !second.output.contains("canary"))
    }

    @Test("A root key that others may read, or of another size, ends the start with the remedy")
    func rootKey() async throws {
        let folder = try TemporaryFolder("broker"), database = try await PrivatePostgres.database()
        try writeKey(folder, mode: 0o444)
        let open = try start(folder, database, keyFile: folder.file("root-key"))
        #expect(try await open.exit() == 1)
        #expect(open.output.contains("chmod"))
        unlink(folder.file("root-key"))
        try writeKey(folder, count: 31)
        let short = try start(folder, database, keyFile: folder.file("root-key"))
        #expect(try await short.exit() == 1)
        #expect(short.output.contains("a root key has 32 bytes, this file 31"))
    }

    @Test("The file that is shipped has every key and no other")
    func shippedFile() async throws {
        let folder = try TemporaryFolder("broker")
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet/broker.yaml")
        let text = String(decoding: try Data(contentsOf: shipped), as: UTF8.self)
        let file = try folder.write(text.replacing(#/_martlet-\w+/#, with: "root"), to: "broker.yaml")
        let run = try await CommandRun(["env", ProgramProcess.folder + "/martlet-broker", "--check-config", "--config", file])
        #expect(run.code == 0, "\(run.error)")
    }
}
