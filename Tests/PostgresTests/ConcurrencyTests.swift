import Synchronization
import TestSupport
import Testing

@testable import Postgres

@Suite struct ConcurrencyTests {
    @Test func twoHundredCallersGetTheirOwnAnswers() async throws {
        try await withPool { pool, _ async throws in
            let sums = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<200 {
                    group.addTask {
                        var sum = 0
                        for round in 0..<10 {
                            let value = caller * 1000 + round
                            // Every seventh fails, and must fail for its own caller only.
                            if value % 7 == 0 {
                                do throws(PostgresError) {
                                    _ = try await pool.query("SELECT 1 / (\(value) - \(value))")
                                    Issue.record("a division by zero is an error")
                                } catch { #expect(error.sqlstate == "22012") }
                            }
                            let rows = try await pool.query("SELECT \(value) AS value, pg_backend_pid() AS pid")
                            #expect(try rows.map { try $0.int("value") } == [value])
                            sum += 1
                        }
                        return sum
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sums == 2000)
            let sessions = try await pool.query("SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()")
            #expect(try sessions[0].int("n") <= 2, "they shared two connections")
        }
    }

    @Test func statementsOfOnePipelineRunInOrderAndTogether() async throws {
        try await withPool { pool, _ async throws in
            let results = try await pool.pipeline(
                [
                    "INSERT INTO broker.things VALUES ('acme', 'a', 1)",
                    "UPDATE broker.things SET size = size + 1",
                    "SELECT size FROM broker.things",
                ], org: "acme")
            #expect(results.map(\.count) == [0, 0, 1])
            #expect(try results[2][0].int("size") == 2)
            await #expect(throws: PostgresError.self) {
                try await pool.pipeline(["UPDATE broker.things SET size = 99", "SELECT 1 / 0"], org: "acme")
            }
            #expect(try await pool.query("SELECT size FROM broker.things", org: "acme")[0].int("size") == 2)
        }
    }

    @Test func tenantsOnOneConnectionDoNotMix() async throws {
        try await withPool({ $0.sharedConnections = 1 }) { pool, _ async throws in
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<50 {
                    group.addTask {
                        let org = "org-\(number)"
                        try await pool.execute("INSERT INTO broker.things VALUES (\(org), 'x', \(number))", org: org)
                        let rows = try await pool.query("SELECT size FROM broker.things", org: org)
                        #expect(try rows.map { try $0.int("size") } == [number])
                        #expect(try await pool.query("SELECT size FROM broker.things").isEmpty)
                    }
                }
            }
        }
    }

    @Test func aLargeResultAndALargeParameterPass() async throws {
        try await withPool { pool, _ async throws in
            let big = String(repeating: "0123456789abcdef", count: 1 << 18)
            let row = try await pool.query("SELECT \(big) AS text, length(\(big)) AS length")[0]
            #expect(try row.string("text") == big)
            #expect(try row.int("length") == big.utf8.count)
            #expect(try await pool.query("SELECT n FROM generate_series(1, \(100_000)) AS n").count == 100_000)
        }
    }

    @Test func morePreparedStatementsThanTheLimit() async throws {
        try await withPool({
            $0.sharedConnections = 1; $0.preparedStatementLimit = 4
        }) { pool, _ async throws in
            let queries: [SQL] = (0..<20).map { n in
                SQL(stringLiteral: "SELECT \(n) AS n")
            }
            for _ in 0..<3 {
                for (n, query) in queries.enumerated() { #expect(try await pool.query(query)[0].int("n") == n) }
            }
            let kept = try await pool.query("SELECT count(*) AS n FROM pg_prepared_statements")
            #expect(try kept[0].int("n") <= 5)
        }
    }
}
