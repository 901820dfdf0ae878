import Postgres
import TestSupport
import Testing

@Suite struct TransactionTests {
    struct Stop: Error {}

    @Test func committedWhenTheBodyReturns() async throws {
        try await withPool { pool, _ async throws in
            let size = try await pool.withOrg("acme") { transaction async throws in
                try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'a', 5)")
                return try await transaction.query("SELECT size FROM broker.things")[0].int("size")
            }
            #expect(size == 5)
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == 1)
        }
    }

    @Test func rolledBackWhenTheBodyThrows() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            await #expect(throws: Stop.self) {
                try await pool.withOrg("acme") { transaction async throws in
                    try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'a')")
                    throw Stop()
                }
            }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").isEmpty)
            // The one connection is usable again.
            #expect(try await pool.withOrg("acme") { try await $0.query("SELECT 1 AS one").count } == 1)
        }
    }

    @Test func aSwallowedErrorDoesNotLookLikeSuccess() async throws {
        try await withPool { pool, _ async throws in
            do {
                try await pool.withOrg("acme") { transaction async throws in
                    try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'a')")
                    _ = try? await transaction.query("SELECT 1 / 0")
                }
                Issue.record("COMMIT of a failed transaction rolls back")
            } catch let error as PostgresError { #expect(error.sqlstate == "25P02") }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").isEmpty)
        }
    }

    @Test func aTransactionOfAFirstFailingStatementLeavesTheConnectionUsable() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            for _ in 0..<3 {
                await #expect(throws: PostgresError.self) {
                    try await pool.withOrg("acme") { _ = try await $0.query("SELECT 1 / 0") }
                }
            }
            #expect(try await pool.withOrg("acme") { try await $0.query("SELECT 1 AS one").count } == 1)
        }
    }

    @Test func nothingIsSentForAnEmptyTransaction() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withOrg("acme") { _ in }
            try await pool.withTransaction { _ in }
        }
    }

    @Test func aTransactionThatHasEndedTakesNothingMore() async throws {
        try await withPool({ $0.transactionConnections = 1 }) { pool, _ async throws in
            let escaped = try await pool.withOrg("acme") { transaction async throws in
                try await transaction.execute("INSERT INTO broker.things VALUES ('acme', 'a')")
                return transaction
            }
            await #expect(throws: PostgresError.self) { try await escaped.execute("DELETE FROM broker.things") }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == 1)
        }
    }

    @Test func childTasksOfOneTransactionAreAllInsideIt() async throws {
        try await withPool { pool, _ async throws in
            try await pool.withOrg("acme") { transaction async throws in
                try await withThrowingDiscardingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask {
                            try await transaction.execute("INSERT INTO broker.things VALUES ('acme', \("\(number)"))")
                        }
                    }
                }
            }
            #expect(try await pool.query("SELECT id FROM broker.things", org: "acme").count == 20)
        }
    }

    /// "cached plan must not change result type" is dealt with by preparing again.
    @Test func aChangedTableIsNoticed() async throws {
        try await withPool({
            $0.sharedConnections = 1; $0.transactionConnections = 1
        }) { pool, database async throws in
            let query: SQL = "SELECT * FROM broker.queue"
            try await pool.execute("INSERT INTO broker.queue (note) VALUES ('x')")
            for _ in 0..<2 {
                #expect(try await pool.query(query)[0].columns == ["id", "note"])
                try await pool.withTransaction { transaction async throws in
                    #expect(try await transaction.query(query)[0].columns == ["id", "note"])
                }
            }
            try await asOwner(database, "ALTER TABLE broker.queue ADD COLUMN since timestamptz")
            #expect(try await pool.query(query)[0].columns == ["id", "note", "since"])
            try await pool.withTransaction { transaction async throws in
                #expect(try await transaction.query(query)[0].columns == ["id", "note", "since"])
            }

            try await asOwner(database, "ALTER TABLE broker.queue DROP COLUMN since")
            // Not the first statement: the transaction fails once, in a way that says so, and goes well the next time.
            do {
                try await pool.withTransaction { transaction async throws in
                    try await transaction.execute("INSERT INTO broker.queue (note) VALUES ('y')")
                    _ = try await transaction.query(query)
                }
                Issue.record("the plan had changed")
            } catch let error as PostgresError { #expect(error.isTransient) }
            try await pool.withTransaction { transaction async throws in
                try await transaction.execute("INSERT INTO broker.queue (note) VALUES ('y')")
                #expect(try await transaction.query(query).count == 2)
            }
        }
    }
}
