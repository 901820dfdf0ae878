import FoundationEssentials
import Glibc
import HTTPTypes
import ServiceAPI
import TestSupport
import Testing

/// The real program.
@Suite struct LogsProgramTests {
    private func start(
        _ folder: TemporaryFolder, _ database: TestDatabase, environment: [String: String] = [:]
    ) throws -> ProgramProcess {
        let file = try folder.write(
            """
            socket: \(folder.file("logs.sock"))
            database: \(database.dsn(role: "martlet_logs"))
            callers: {gateway: "\(getuid())", runner: "\(getuid())"}
            """, to: "logs.yaml")
        return try ProgramProcess(
            "martlet-logs", arguments: ["--config", file], environment: environment, log: folder.file("log"))
    }

    @Test(
        "What was stored when the program died is there, and sending it again changes nothing",
        arguments: [
            "logs.beforeInsert", "logs.afterInsert",
        ])
    func crash(point: String) async throws {
        let folder = try TemporaryFolder("logs"), database = try await PrivatePostgres.database()
        let first = try start(folder, database, environment: ["MARTLET_FAULT": "\(point)=crash"])
        let client = RoomClient(room: "logs", socket: folder.file("logs.sock"))
        let batch = LogBatch(source: "runner@a", sequence: 1, entries: [LogsFixture.entry("once")])
        try await eventually { (try? await CommandRun.curl(folder.file("logs.sock"), "/readyz").status) == "200" }
        await #expect(throws: RoomError.self) {
            try await client.send(.post, "/v1/logs", body: batch, timeout: .seconds(5))
        }
        #expect(try await first.exit() == 128 + SIGKILL)
        let second = try start(folder, database)
        let reply: LogBatchReply = try await client.call(.post, "/v1/logs", body: batch)
        #expect(reply.accepted == 1)
        let lines: [OutputEntry] = try await client.call(.get, LogsFixture.path, principal: LogsFixture.viewer)
        #expect(lines.map(\.payload) == ["once"])
        second.kill(SIGTERM)
        #expect(try await second.exit() == 0)
    }

    @Test("The file that is shipped has every key and no other")
    func shippedFile() async throws {
        let folder = try TemporaryFolder("logs")
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet/logs.yaml")
        let text = String(decoding: try Data(contentsOf: shipped), as: UTF8.self)
        let file = try folder.write(text.replacing(#/_martlet-\w+/#, with: "root"), to: "logs.yaml")
        let run = try await CommandRun(["env", ProgramProcess.folder + "/martlet-logs", "--check-config", "--config", file])
        #expect(run.code == 0, "\(run.error)")
    }
}
