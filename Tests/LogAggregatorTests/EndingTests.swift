import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import Testing

@testable import LogAggregator

@Suite struct EndingTests {
    /// An environment is deleted and made again under the same id: nothing of the old one shows, not even what arrives late.
    @Test func anEnvironmentsLinesEndWithIt() async throws {
        try await LogsFixture.with { logs in
            let other = EnvironmentContext(orgID: "acme", appID: "shop", envID: "test", envType: "development")
            try await logs.send([LogsFixture.entry("old"), LogsFixture.entry("stays", environment: other)], sequence: 1)
            for _ in 0..<2 { try await logs.client.send(.post, "/v1/logs/end", body: LogEnding(LogsFixture.environment)) }
            #expect(try await logs.lines() == [])
            #expect(try await logs.page(path: "/v1/orgs/acme/apps/shop/envs/test/logs").map(\.payload) == ["stays"])
            let usage = try await logs.pool.query("SELECT sum(lines)::bigint AS lines FROM logs.usage", org: "acme")
            #expect(try usage.first?.int("lines") == 1)
            let now = try #require(
                try await logs.pool.query("SELECT clock_timestamp() AS now").first?.timestamp("now")
            ).milliseconds
            // Written before the end, and after it: by a container of the old one, and by one of a new one.
            #expect(
                try await logs.send(
                    [
                        LogsFixture.entry("late", at: now - 60_000, deployment: nil),
                        LogsFixture.entry("new", at: now + 60_000, deployment: nil),
                    ], sequence: 2) == 2)
            #expect(try await logs.lines() == ["new"])
        }
    }

    @Test func onlyTheOrchestratorEndsLogs() async throws {
        try await LogsFixture.with(callers: ["gateway", "runner"]) { logs in
            await #expect(throws: RoomError.self) {
                try await logs.client.send(.post, "/v1/logs/end", body: LogEnding(LogsFixture.environment))
            }
        }
    }
}
