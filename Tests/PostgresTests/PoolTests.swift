import Postgres
import TestSupport
import Testing

@Suite struct PoolTests {
    @Test func whoWaitsTooLongIsToldWhy() async throws {
        try await withPool({
            $0.transactionConnections = 1; $0.acquireTimeout = .seconds(2)
        }) { pool, _ async throws in
            try await pool.withTransaction { transaction async throws in
                _ = try await transaction.query("SELECT 1")
                do {
                    try await pool.withTransaction { _ = try await $0.query("SELECT 1") }
                    Issue.record("there is one connection only")
                } catch let error as PostgresError {
                    #expect(error.kind == .poolExhausted)
                    #expect(error.description == "PostgreSQL pool exhausted: every connection was busy for 2.0 seconds")
                }
            }
            try await pool.withTransaction { _ = try await $0.query("SELECT 1") }
        }
    }

    @Test func theQueueIsBounded() async throws {
        try await withPool({
            $0.transactionConnections = 1; $0.maximumWaiting = 0
        }) { pool, _ async throws in
            do {
                try await pool.withTransaction { _ = try await $0.query("SELECT 1") }
                Issue.record("nobody may wait, and no connection is open yet")
            } catch let error as PostgresError { #expect(error.kind == .poolExhausted) }
        }
    }

    @Test func anUnreachableServerIsNamed() async throws {
        let folder = try TemporaryFolder()
        var configuration = PostgresConfiguration(dsn: "host=\(folder.path) dbname=martlet user=martlet_broker")
        configuration.acquireTimeout = .milliseconds(200)
        try await PostgresPool.with(configuration, logger: quiet) { pool in
            do {
                _ = try await pool.query("SELECT 1")
                Issue.record("nobody listens there")
            } catch let error as PostgresError {
                #expect(error.kind == .connection)
                #expect(error.message.contains(folder.path))
            }
        }
    }

    @Test func aWrongDSNIsRefusedWithoutQuotingIt() async throws {
        for (dsn, word) in [("hots=/run", "hots"), ("host=/run password", "does not parse")] {
            do {
                _ = try await PostgresConnection.connect(PostgresConfiguration(dsn: dsn))
                Issue.record("\(dsn) is wrong")
            } catch { #expect(error.message.contains(word)) }
        }
    }

    /// Kills and restarts the server under a running pool.
    @Test(arguments: [false, true]) func theServerMayBeRestarted(byCrash: Bool) async throws {
        let server = try PostgresServer()
        try await server.untilReady()
        var configuration = PostgresConfiguration(dsn: server.dsn())
        configuration.acquireTimeout = .milliseconds(300)
        try await PostgresPool.with(configuration, logger: quiet) { pool in
            try await pool.execute("CREATE TABLE t (n int)")
            try await pool.execute("INSERT INTO t VALUES (1)")
            try await pool.withTransaction { transaction async throws in
                try await transaction.execute("INSERT INTO t VALUES (2)")
                if byCrash { try await server.crash() } else { try await server.stop() }
                do throws(PostgresError) {
                    try await transaction.execute("INSERT INTO t VALUES (3)")
                    Issue.record("the server is down")
                } catch { #expect(error.kind == .connection) }
                throw CancellationError()
            } catchingCancellation: {
            }
            do throws(PostgresError) {
                _ = try await pool.query("SELECT n FROM t")
                Issue.record("the server is down")
            } catch { #expect(error.kind == .connection) }
            try await server.start()
            let rows = try await eventually("the pool's return") {
                try? await pool.query("SELECT n FROM t")
            }
            #expect(try rows.map { try $0.int("n") } == [1])
            try await pool.withTransaction { try await $0.execute("INSERT INTO t VALUES (4)") }
        }
    }

    @Test func aRunningPoolStopsWhenItsWorkIsDone() async throws {
        let database = try await PrivatePostgres.database()
        try await PostgresPool.with(database.configuration(role: "martlet_logs"), logger: quiet) { pool in
            _ = try await pool.query("SELECT 1")
            try await pool.withTransaction { _ = try await $0.query("SELECT 1") }
        }
        let observer = try await PostgresConnection.connect(database.configuration())
        try await eventually("the end of its sessions") {
            try await observer.query(
                "SELECT pid FROM pg_stat_activity WHERE usename = 'martlet_logs' AND datname = current_database()"
            ).isEmpty
        }
        await observer.close()
    }
}

extension PostgresPool {
    /// A transaction whose body ends by throwing CancellationError on purpose.
    fileprivate func withTransaction(
        _ body: (PostgresTransaction) async throws -> Void, catchingCancellation: () -> Void
    ) async throws {
        do { try await withTransaction(body) } catch is CancellationError { catchingCancellation() }
    }
}
