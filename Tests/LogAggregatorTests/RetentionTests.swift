import HTTPTypes
import LogRules
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import LogAggregator

@Suite struct RetentionTests {
    /// Stores a line that arrived hours ago.
    private func store(_ logs: LogsFixture, _ line: String, hoursAgo: Int, sequence: Int64) async throws {
        try await logs.send([LogsFixture.entry(line)], sequence: sequence)
        _ = try await logs.pool.withOrg("acme") { transaction in
            try await transaction.execute(
                "UPDATE logs.entries SET hour = date_trunc('hour', now(), 'UTC') - \(hoursAgo) * interval '1 hour' WHERE line = \(line)"
            )
            try await transaction.execute("DELETE FROM logs.usage")
            try await transaction.execute(
                """
                INSERT INTO logs.usage SELECT org_id, hour, sum(octet_length(line)) + 1000 * count(*), count(*)
                FROM logs.entries GROUP BY org_id, hour
                """)
        }
    }

    /// The limit of an organisation is never passed by more than a batch: the oldest hours go before it is reached, and what one hour
    /// alone has no room for is left out.
    @Test func anOrganizationsLimit() async throws {
        try await LogsFixture.with { logs in
            func limit(_ bytes: Int) async throws {
                let connection = try await PostgresConnection.connect(logs.database.configuration())
                try await connection.execute(
                    """
                    INSERT INTO martlet.tenants (org_id, limits) VALUES ('acme', jsonb_build_object('log_bytes', \(bytes)))
                    ON CONFLICT (org_id) DO UPDATE SET limits = excluded.limits
                    """)
                await connection.close()
            }
            let rule = RetentionRule(maximumAge: .seconds(48 * 3600), maximumBytes: 1 << 30)
            let sweeper = RetentionSweeper(
                database: logs.pool,
                settings: RetentionSettings(standard: rule, organizations: [:], interval: .seconds(600)), logger: quiet)
            for (index, hours) in [3, 2, 0].enumerated() {
                try await store(logs, "\(hours) hours", hoursAgo: hours, sequence: Int64(index))
            }
            // Each takes a little more than 1000.
            try await limit(2500)
            #expect(try await logs.send([LogsFixture.entry("left out")], sequence: 10) == 1)
            #expect(try await logs.lines().count == 3)
            try await sweeper.sweep()
            #expect(Set(try await logs.lines()) == ["2 hours", "0 hours"])
            try await logs.send([LogsFixture.entry("taken")], sequence: 11)
            #expect(try await logs.lines().contains("taken"))
            // This hour's own stay, and nothing is added to them.
            try await limit(500)
            try await sweeper.sweep()
            #expect(Set(try await logs.lines()) == ["0 hours", "taken"])
            try await logs.send([LogsFixture.entry("no more")], sequence: 12)
            #expect(try await logs.lines().count == 2)
            let usage: LogUsage = try await logs.client.call(.get, "/v1/logs/usage", query: [("org", "acme")])
            #expect(usage.bytes > 1000 && usage.bytes < 2000)
            let other: LogUsage = try await logs.client.call(.get, "/v1/logs/usage", query: [("org", "globex")])
            #expect(other.bytes == 0)
        }
    }

    @Test("What is too old goes, what is too much goes, each by its organisation's rule")
    func sweep() async throws {
        try await LogsFixture.with { logs in
            for (index, hours) in [60, 30, 2, 0].enumerated() {
                try await store(logs, "\(hours) hours", hoursAgo: hours, sequence: Int64(index))
            }
            func sweeper(_ rule: RetentionRule, other: RetentionRule) -> RetentionSweeper {
                RetentionSweeper(
                    database: logs.pool,
                    settings: RetentionSettings(standard: other, organizations: ["acme": rule], interval: .seconds(600)),
                    logger: quiet)
            }
            let nothing = RetentionRule(maximumAge: .zero, maximumBytes: 0)
            try await sweeper(RetentionRule(maximumAge: .seconds(48 * 3600), maximumBytes: 1 << 30), other: nothing).sweep()
            #expect(Set(try await logs.lines()) == ["30 hours", "2 hours", "0 hours"])
            try await sweeper(RetentionRule(maximumAge: .seconds(48 * 3600), maximumBytes: 2500), other: nothing).sweep()
            #expect(Set(try await logs.lines()) == ["2 hours", "0 hours"])
            // A batch that was sent again after its lines went stays away.
            try await logs.send([LogsFixture.entry("60 hours")], sequence: 0)
            #expect(try await logs.lines().count == 2)
            try await sweeper(nothing, other: nothing).sweep()
            #expect(try await logs.lines().isEmpty)
            let usage = try await logs.pool.withOrg("acme") { try await $0.query("SELECT hour FROM logs.usage") }
            #expect(usage.isEmpty)
        }
    }
}
