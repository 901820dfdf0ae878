import Postgres
import TestSupport
import Testing

@Suite struct ListeningTests {
    @Test func notificationsArriveOnTheirChannelInOrder() async throws {
        try await withPool { pool, _ async throws in
            var mine = pool.listen("steps \"x\"").makeAsyncIterator()
            var other = pool.listen("other").makeAsyncIterator()
            #expect(await mine.next() == .reconnected)
            #expect(await other.next() == .reconnected)
            for number in 0..<5 { try await pool.execute("SELECT pg_notify('steps \"x\"', \("\(number)"))") }
            for number in 0..<5 { #expect(await mine.next() == .notified(payload: "\(number)")) }
            try await pool.execute("SELECT pg_notify('other', '')")
            #expect(await other.next() == .notified(payload: ""))
        }
    }

    @Test func aSecondListenerOfAChannelIsToldWhenItHears() async throws {
        try await withPool { pool, _ async throws in
            var first = pool.listen("c").makeAsyncIterator()
            #expect(await first.next() == .reconnected)
            var second = pool.listen("c").makeAsyncIterator()
            #expect(await second.next() == .reconnected)
            try await pool.execute("SELECT pg_notify('c', 'x')")
            #expect(await first.next() == .notified(payload: "x"))
            #expect(await second.next() == .notified(payload: "x"))
        }
    }

    @Test func listensAgainAfterALostConnection() async throws {
        try await withPool { pool, database async throws in
            var mine = pool.listen("c").makeAsyncIterator()
            #expect(await mine.next() == .reconnected)
            try await asAdministrator(
                database,
                [
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                ])
            #expect(await mine.next() == .reconnected)
            try await pool.execute("SELECT pg_notify('c', 'again')")
            #expect(await mine.next() == .notified(payload: "again"))
        }
    }

    @Test func theSessionEndsWithTheLastListener() async throws {
        try await withPool { pool, database async throws in
            let observer = try await PostgresConnection.connect(database.configuration())
            func sessions() async throws -> Int {
                try await observer.query(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
                ).count
            }
            let task = Task { for await _ in pool.listen("c") {} }
            try await eventually("the session") { try await sessions() == 1 }
            task.cancel()
            await task.value
            try await eventually("its end") { try await sessions() == 0 }
            await observer.close()
        }
    }
}
