import Postgres
import Synchronization
import TestSupport
import Testing

@Suite struct GroupCommitTests {
    struct Bad: Error, Equatable { let item: Int }

    /// What arrives while a batch is under way shares the next one; every caller gets its own answer.
    @Test func whatArrivesTogetherIsDoneTogether() async throws {
        let batches = Mutex<[Int]>([])
        let gate = Mutex(false)
        let commits = GroupCommit<Int, Int>(limit: 10) { _, items in
            batches.withLock { $0.append(items.count) }
            try await eventually("the gate") { gate.withLock { $0 } }
            return items.map { .success($0 * 2) }
        }
        try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            group.addTask { (0, try await commits.submit(0, org: "a")) }
            try await eventually("the first batch") { batches.withLock { $0.count } == 1 }
            for item in 1...25 { group.addTask { (item, try await commits.submit(item, org: "a")) } }
            // Another organisation's batch waits for nobody.
            group.addTask { (100, try await commits.submit(100, org: "b")) }
            try await eventually("the other's batch") { batches.withLock { $0.count } == 2 }
            gate.withLock { $0 = true }
            for try await (item, answer) in group { #expect(answer == item * 2) }
        }
        let sizes = batches.withLock { $0 }
        #expect(sizes.reduce(0, +) == 27 && sizes.allSatisfy { $0 <= 10 })
    }

    /// One that cannot be done fails alone, also where it fails the whole batch's transaction.
    @Test func oneThatCannotBeDoneKeepsNobodyFromIt() async throws {
        let commits = GroupCommit<Int, Int>(limit: 64) { _, items in
            if let bad = items.first(where: { $0 % 7 == 3 }) { throw Bad(item: bad) }
            return items.map { .success($0) }
        }
        await withTaskGroup(of: Void.self) { group in
            for item in 0..<40 {
                group.addTask {
                    do {
                        let answer = try await commits.submit(item, org: "a")
                        #expect(answer == item && item % 7 != 3)
                    } catch {
                        #expect((error as? Bad) == Bad(item: item) && item % 7 == 3)
                    }
                }
            }
        }
    }

    /// Whether COMMIT took effect is not known: nothing is tried again one by one.
    @Test func anUnknownCommitIsNotRepeated() async throws {
        let calls = Mutex(0)
        let gate = Mutex(false)
        let commits = GroupCommit<Int, Int>(limit: 64) { _, items in
            try await eventually("the gate") { gate.withLock { $0 } }
            calls.withLock { $0 += items.count }
            var error = PostgresError(.connection, "cut")
            error.commitOutcomeUnknown = true
            throw error
        }
        await withTaskGroup(of: Void.self) { group in
            for item in 0..<8 {
                group.addTask { await #expect(throws: PostgresError.self) { try await commits.submit(item, org: "a") } }
            }
            gate.withLock { $0 = true }
        }
        #expect(calls.withLock { $0 } == 8)
    }

    /// A caller that was cancelled does not take the others' batch along.
    @Test func aCancelledCallerDoesNotEndTheBatch() async throws {
        let gate = Mutex(false)
        let commits = GroupCommit<Int, Int>(limit: 64) { _, items in
            try await eventually("the gate") { gate.withLock { $0 } }
            return items.map { .success($0) }
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await commits.submit(1, org: "a") }
            group.cancelAll()
            gate.withLock { $0 = true }
            let answer = try await group.next()
            #expect(answer == 1)
        }
        #expect(try await commits.submit(2, org: "a") == 2)
    }
}
