import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import LogAggregator

@Suite struct IngestTests {
    @Test("A batch that is sent again is stored once, also when only a part of it had been")
    func resend() async throws {
        try await LogsFixture.with { logs in
            let theirs = EnvironmentContext(orgID: "globex", appID: "shop", envID: "dev", envType: "development")
            let batch = [LogsFixture.entry("one"), LogsFixture.entry("theirs", environment: theirs), LogsFixture.entry("two")]
            for _ in 0..<3 { #expect(try await logs.send(batch, sequence: 7) == 3) }
            #expect(try await logs.lines([("asc", "true")]) == ["one", "two"])
            // As after a crash between two organisations.
            _ = try await logs.pool.withOrg("globex") {
                try await $0.execute("DELETE FROM logs.batches")
                try await $0.execute("DELETE FROM logs.entries")
            }
            #expect(try await logs.send(batch, sequence: 7) == 3)
            let count = try await logs.pool.withOrg("globex") { try await $0.query("SELECT line FROM logs.entries").count }
            #expect(count == 1)
            #expect(try await logs.lines().count == 2)
            try await logs.send([LogsFixture.entry("three")], sequence: 6)
            try await logs.send([LogsFixture.entry("four")], sequence: 7, source: "runner@b/containers")
            #expect(try await logs.lines([("asc", "true")]) == ["one", "two", "three", "four"])
        }
    }

    @Test("Tokens, control characters and over-long lines do not get in, whatever was sent")
    func secondNet() async throws {
        try await LogsFixture.with { logs in
            let long = String(repeating: "x", count: 300_000)
            try await logs.send(
                [
                    LogsFixture.entry("token mrt_0123456789abcdef0123 end"), LogsFixture.entry("\u{1b}[2J\u{0}a\nb"),
                    LogsFixture.entry(long),
                ], sequence: 1)
            let lines = try await logs.lines([("asc", "true")])
            #expect(lines[0] == "token mrt_****** end" && lines[1] == "␛[2J␀a b")
            #expect(lines[2].hasSuffix("[37856 bytes more were cut]"))
        }
    }

    @Test("A line of no stream is left out and the others are stored")
    func invalidLines() async throws {
        try await LogsFixture.with { logs in
            let nowhere = EnvironmentContext(orgID: "acme", appID: "", envID: "dev", envType: "development")
            let accepted = try await logs.send(
                [
                    LogsFixture.entry("lost", environment: nowhere), LogsFixture.entry("kept"),
                    LogsFixture.entry("lost", workload: "a\nb"),
                ],
                sequence: 1)
            #expect(accepted == 1)
            #expect(try await logs.lines() == ["kept"])
            let tooMany = (0...IngestDesk.maximumEntries).map { _ in LogsFixture.entry("x") }
            let error = await #expect(throws: RoomError.self) { try await logs.send(tooMany, sequence: 2) }
            #expect(error?.status == 422)
        }
    }
}
