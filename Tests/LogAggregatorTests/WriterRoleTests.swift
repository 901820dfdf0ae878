import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import LogAggregator

/// The role by which lines are copied in: it adds lines, and does nothing else.
@Suite struct WriterRoleTests {
    @Test func readsAndChangesNothing() async throws {
        let statements = [
            "SELECT line FROM logs.entries", "SELECT count(*) FROM logs.entries", "SELECT org_id FROM logs.organizations",
            "SELECT source FROM logs.batches", "UPDATE logs.entries SET line = 'x'", "DELETE FROM logs.entries",
            "TRUNCATE logs.entries", "SELECT version FROM martlet.migrations", "SELECT id FROM gateway.tokens",
            "INSERT INTO logs.entries (org_id, app_id, env_id, stream, level, at, hour, line) VALUES ('a', 'b', 'c', 'd', 'e', now(), now(), 'f') RETURNING line",
        ]
        try await LogsFixture.with { logs async throws in
            try await logs.send([LogsFixture.entry("secret")], sequence: 1)
            for statement in statements {
                let error = await #expect(throws: PostgresError.self) {
                    try await logs.pool.withOrg("acme") { transaction in
                        try await transaction.execute("SET LOCAL ROLE martlet_logs_writer")
                        try await transaction.execute(SQL(stringLiteral: statement))
                    }
                }
                #expect(error?.sqlstate == "42501", "\(statement): \(error as PostgresError?)")
            }
        }
    }

    /// Neither may anybody sign in as it, nor does who may become it get past row level security without saying so.
    @Test func isNobodysWayAroundTheTenants() async throws {
        try await LogsFixture.with { logs in
            try await logs.send([LogsFixture.entry("of acme")], sequence: 1)
            let roles = try await logs.pool.query(
                """
                SELECT rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb AS may, pg_has_role('martlet_gateway', oid, 'MEMBER')
                    OR pg_has_role('martlet_orchestrator', oid, 'MEMBER') OR pg_has_role('martlet_runner', oid, 'MEMBER')
                    OR pg_has_role('martlet_broker', oid, 'MEMBER') AS others
                FROM pg_roles WHERE rolname = 'martlet_logs_writer'
                """)
            let role = try #require(roles.first)
            #expect(try !role.bool("may") && !role.bool("others"))
            #expect(try await logs.pool.query("SELECT line FROM logs.entries").isEmpty)
            #expect(try await logs.pool.query("SELECT line FROM logs.entries", org: "globex").isEmpty)
            #expect(try await logs.pool.query("SELECT line FROM logs.entries", org: "acme").count == 1)
        }
    }

    /// Whatever a line holds comes back as it was, and the connection is as useful afterwards as before.
    @Test func everyLineComesBackAsItWas() async throws {
        try await LogsFixture.with { logs in
            let lines = ["\\N", "\\.", "tab\there", "back\\slash", "\\t", "", "é 🐦", "'; DROP TABLE", "a,b", "\"q\""]
            let entries = lines.enumerated().map { LogsFixture.entry($0.element, at: 1_700_000_000_000 + Int64($0.offset)) }
            #expect(try await logs.send(entries, sequence: 1) == lines.count)
            #expect(try await logs.lines([("asc", "true")]) == lines)
            let large = (0..<500).map { LogsFixture.entry("\($0) " + String(repeating: "x", count: 300)) }
            #expect(try await logs.send(large, sequence: 2) == 500)
            #expect(try await logs.send(large, sequence: 2) == 500)
            let count = try await logs.pool.query("SELECT count(*) AS count FROM logs.entries", org: "acme").first?.int("count")
            #expect(count == 500 + lines.count)
        }
    }

    @Test func theEndsOfTime() async throws {
        try await LogsFixture.with { logs async throws in
            let times: [Int64] = [-62_135_596_800_000, 0, 253_402_300_799_999]
            let accepted = try await logs.send(times.map { LogsFixture.entry("at \($0)", at: $0) }, sequence: 1)
            #expect(accepted == 3)
            let found = try await logs.page([("asc", "true")]).map(\.timestamp.milliseconds)
            #expect(found == times)
        }
    }
}
