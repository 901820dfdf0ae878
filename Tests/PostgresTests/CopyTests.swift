import TestSupport
import Testing

@testable import Postgres

@Suite struct CopyTests {
    @Test func theTextFormat() {
        var rows = CopyText()
        rows.append(["a", nil, "", "t\ta\nb\rc\\d"])
        rows.append(["\\N"])
        #expect(String(decoding: rows.bytes, as: UTF8.self) == "a\t\\N\t\tt\\ta\\nb\\rc\\\\d\n\\\\N\n")
        #expect(rows.rowCount == 2)
    }

    /// More than libpq and the socket take at once, in the middle of a transaction with statements before and after.
    @Test func manyRowsAmongOtherStatements() async throws {
        try await withPool { pool, _ async throws in
            var rows = CopyText()
            for _ in 1...10_000 { rows.append([String(repeating: "\t\\", count: 40)]) }
            let count = try await pool.withTransaction { [rows] transaction async throws in
                try await transaction.execute("INSERT INTO broker.queue (note) VALUES ('first')")
                #expect(try await transaction.copy(rows, by: "COPY broker.queue (note) FROM STDIN") == 10_000)
                return try await transaction.query(
                    "SELECT count(*) AS count FROM broker.queue WHERE note = repeat(E'\\t\\\\', 40)")[0].int("count")
            }
            #expect(count == 10_000)
            #expect(try await pool.query("SELECT count(*) AS count FROM broker.queue")[0].int("count") == 10_001)
        }
    }

    /// What the server refuses is told, nothing stays, and the one connection goes on.
    @Test func whatIsRefused() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            var wrong = CopyText(), rows = CopyText()
            for number in 1...20_000 { wrong.append(["\(number)"]) }
            wrong.append(["no number"])
            rows.append(["acme", "a"])
            let cases: [(StaticString, CopyText, String)] = [
                ("COPY broker.queue (id) FROM STDIN", wrong, "22P02"), ("COPY nowhere FROM STDIN", rows, "42P01"),
                // Why the log aggregator has a role for it.
                ("COPY broker.things (org_id, id) FROM STDIN", rows, "0A000"),
            ]
            for (statement, rows, sqlstate) in cases {
                let error = await #expect(throws: PostgresError.self) {
                    try await pool.withOrg("acme") { transaction async throws in
                        try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'b')")
                        try await transaction.copy(rows, by: statement)
                    }
                }
                #expect(error?.sqlstate == sqlstate, "\(statement): \(error as PostgresError?)")
                #expect(try await pool.query("SELECT 1 FROM broker.things", org: "acme").isEmpty)
                #expect(try await pool.query("SELECT 1 FROM broker.queue").isEmpty)
            }
        }
    }

    @Test func noRowsAreNone() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withTransaction { transaction async throws in
                try await transaction.execute("SELECT 1")
                #expect(try await transaction.copy(CopyText(), by: "COPY broker.queue (note) FROM STDIN") == 0)
            }
        }
    }

    /// Before anything was sent there is no transaction that the rows could be a part of.
    @Test func needsATransactionThatHasBegun() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { transaction async throws in
                    try await transaction.copy(CopyText(), by: "COPY broker.queue (note) FROM STDIN")
                }
            }
            #expect(try await pool.withTransaction { try await $0.query("SELECT 1 AS one").count } == 1)
        }
    }

    /// The server's process ends in the middle: the caller is told, nothing stays, and the pool has another connection.
    @Test func aConnectionThatIsCut() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            await #expect(throws: PostgresError.self) {
                try await pool.withTransaction { transaction async throws in
                    let pid = try await transaction.query("SELECT pg_backend_pid() AS pid")[0].int("pid")
                    #expect(try await pool.query("SELECT pg_terminate_backend(\(pid), 5000) AS ended")[0].bool("ended"))
                    var rows = CopyText()
                    for number in 1...100_000 { rows.append(["\(number)"]) }
                    try await transaction.copy(rows, by: "COPY broker.queue (note) FROM STDIN")
                }
            }
            #expect(try await pool.withTransaction { try await $0.query("SELECT 1 FROM broker.queue").isEmpty })
        }
    }
}
