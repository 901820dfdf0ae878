import Postgres
import TestSupport
import Testing

@Suite struct CancellationTests {
    /// How many sessions of the database run `pg_sleep` now.
    private func sleeping(_ connection: PostgresConnection) async throws -> Int {
        try await connection.query(
            """
            SELECT count(*) AS n FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'
            """
        )[0].int("n")
    }

    @Test(arguments: [false, true]) func aCancelledTaskEndsItsQueryInTheServer(inTransaction: Bool) async throws {
        try await withPool({
            $0.sharedConnections = 1; $0.transactionConnections = 1
        }) { pool, database async throws in
            let observer = try await PostgresConnection.connect(database.configuration())
            let error = await withTaskGroup(of: PostgresError?.self) { group in
                group.addTask {
                    do {
                        if inTransaction {
                            try await pool.withTransaction { _ = try await $0.query("SELECT pg_sleep(60)") }
                        } else {
                            _ = try await pool.query("SELECT pg_sleep(60)")
                        }
                        return nil
                    } catch { return error as? PostgresError }
                }
                do { try await eventually("the query") { try await sleeping(observer) == 1 } } catch { Issue.record(error) }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(error?.kind == .cancelled)
            #expect(try await sleeping(observer) == 0)
            #expect(try await pool.query("SELECT 1 AS one").count == 1)
            #expect(try await pool.withTransaction { try await $0.query("SELECT 1 AS one").count } == 1)
            await observer.close()
        }
    }

    /// A cancel request hits whatever runs; neighbours on the same connection must not notice.
    @Test func neighboursOnTheConnectionAreUnharmed() async throws {
        try await withPool({ $0.sharedConnections = 1 }) { pool, _ async throws in
            for _ in 0..<20 {
                await withTaskGroup(of: Void.self) { group in
                    let doomed = Task { _ = try await pool.query("SELECT pg_sleep(60)") }
                    for number in 0..<10 {
                        group.addTask {
                            do {
                                let rows = try await pool.query("SELECT \(number) AS n, pg_sleep(0.001)")
                                #expect(try rows[0].int("n") == number)
                            } catch { Issue.record(error) }
                        }
                    }
                    doomed.cancel()
                    _ = await doomed.result
                }
            }
        }
    }

    @Test func aQueryThatWaitsBehindAnotherIsGivenUpAtOnce() async throws {
        try await withPool({ $0.sharedConnections = 1 }) { pool, database async throws in
            let observer = try await PostgresConnection.connect(database.configuration())
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await pool.query("SELECT pg_sleep(60)") }
                try await eventually("the first query") { try await sleeping(observer) == 1 }
                let second = Task { try await pool.query("INSERT INTO broker.queue (note) VALUES ('x')") }
                second.cancel()
                let error = await #expect(throws: PostgresError.self) { try await second.value }
                #expect(error?.kind == .cancelled)
                #expect(try await sleeping(observer) == 1, "it did not wait for the first")
                group.cancelAll()
            }
            #expect(try await pool.query("SELECT 1 AS one").count == 1)
            await observer.close()
        }
    }

    @Test func aLongStatementIsEndedByItsTimeout() async throws {
        try await withPool({ $0.statementTimeout = .milliseconds(50) }) { pool, _ async throws in
            do throws(PostgresError) {
                _ = try await pool.query("SELECT pg_sleep(60)")
                Issue.record("it runs into the timeout")
            } catch { #expect(error.kind == .timeout) }
            let rows = try await pool.query("SELECT 1 AS one")
            #expect(rows.count == 1)
        }
    }

    @Test func aCancelledTaskSendsNothing() async throws {
        try await withPool { pool, _ async throws in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await pool.execute("INSERT INTO broker.queue (note) VALUES ('x')")
            }
            await #expect(throws: PostgresError.self) { try await task.value }
            let rows = try await pool.query("SELECT id FROM broker.queue")
            #expect(rows.isEmpty)
        }
    }
}
