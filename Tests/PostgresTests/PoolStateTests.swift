import Testing

@testable import Postgres

/// The pool's decisions, with numbers as connections and names as waiters.
@Suite struct PoolStateTests {
    typealias State = PoolState<Int, String>

    private func words(_ actions: [State.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .serve(let waiter, let lease): "\(waiter) gets \(lease.connection)"
            case .refuse(let waiter, let error): "\(waiter) refused \(error.kind)"
            case .open(let slot): "open \(slot)"
            case .close(let connection): "close \(connection)"
            }
        }
    }

    private func lease(_ actions: [State.Action]) throws -> State.Lease {
        for case .serve(_, let lease) in actions { return lease }
        throw PostgresError(.decoding, "nobody was served")
    }

    private func connectsAgain(_ state: inout State, _ slot: Int) -> Bool { state.closed(slot) }

    private let now = ContinuousClock.now

    @Test func waitersAreServedInOrderUpToTheDepth() {
        var state = State(shared: 1, exclusive: 1, depth: 2, maximumWaiting: 10)
        #expect(words(state.start()) == ["open 0"])
        for (id, name) in ["a", "b", "c"].enumerated() { #expect(words(state.acquire(.shared, id: UInt64(id), name)) == []) }
        #expect(words(state.opened(0, 7, at: now)) == ["a gets 7", "b gets 7"])
        #expect(words(state.release(State.Lease(slot: 0, generation: 1, connection: 7), at: now)) == ["c gets 7"])
    }

    @Test func aBusySharedConnectionServesAndAnotherIsOpened() {
        var state = State(shared: 2, exclusive: 1, depth: 8, maximumWaiting: 10)
        _ = state.start()
        _ = state.opened(0, 7, at: now)
        #expect(words(state.acquire(.shared, id: 1, "a")) == ["a gets 7"])
        #expect(words(state.acquire(.shared, id: 2, "b")) == ["b gets 7", "open 1"])
        _ = state.opened(1, 8, at: now)
        #expect(words(state.acquire(.shared, id: 3, "c")) == ["c gets 8"])
    }

    @Test func aTransactionConnectionServesOneAtATime() throws {
        var state = State(shared: 1, exclusive: 2, depth: 8, maximumWaiting: 1)
        #expect(words(state.acquire(.exclusive, id: 1, "a")) == ["open 1"])
        let first = state.opened(1, 7, at: now)
        #expect(words(first) == ["a gets 7"])
        #expect(words(state.acquire(.exclusive, id: 2, "b")) == ["open 2"])
        #expect(words(state.acquire(.exclusive, id: 3, "c")) == ["c refused poolExhausted"])
        #expect(words(state.release(try lease(first), at: now)) == ["b gets 7"])
    }

    @Test func whoGivesUpIsForgotten() {
        var state = State(shared: 1, exclusive: 1, depth: 1, maximumWaiting: 10)
        _ = state.acquire(.exclusive, id: 1, "a")
        _ = state.acquire(.exclusive, id: 2, "b")
        #expect(words(state.giveUp(1, because: PostgresError(.timeout, ""))) == ["a refused timeout"])
        #expect(words(state.giveUp(1, because: PostgresError(.timeout, ""))) == [])
        #expect(words(state.opened(1, 7, at: now)) == ["b gets 7"])
    }

    @Test func aLeaseOfALostConnectionDoesNotCount() throws {
        var state = State(shared: 1, exclusive: 1, depth: 1, maximumWaiting: 10)
        _ = state.acquire(.exclusive, id: 1, "a")
        let old = try lease(state.opened(1, 7, at: now))
        _ = state.acquire(.exclusive, id: 2, "b")
        #expect(connectsAgain(&state, 1) == true)
        let new = try lease(state.opened(1, 8, at: now))
        #expect(new.connection == 8)
        #expect(words(state.release(old, at: now)) == [])
        #expect(words(state.acquire(.exclusive, id: 3, "c")) == [])
        #expect(words(state.release(new, at: now)) == ["c gets 8"])
    }

    @Test func unusedTransactionConnectionsAreClosedAndReopenedOnDemand() throws {
        var state = State(shared: 1, exclusive: 1, depth: 1, maximumWaiting: 10)
        _ = state.start()
        _ = state.opened(0, 6, at: now)
        _ = state.acquire(.exclusive, id: 1, "a")
        let held = try lease(state.opened(1, 7, at: now))
        #expect(words(state.idle(since: now + .seconds(9))) == [])
        _ = state.release(held, at: now)
        #expect(words(state.idle(since: now)) == [])
        #expect(words(state.idle(since: now + .seconds(1))) == ["close 7"])
        #expect(connectsAgain(&state, 1) == false)
        #expect(words(state.acquire(.exclusive, id: 2, "b")) == ["open 1"])
        #expect(connectsAgain(&state, 0) == true, "the first shared connection is always kept")
    }

    @Test func stoppingRefusesTheNewAndLetsTheRunningEnd() throws {
        var state = State(shared: 1, exclusive: 1, depth: 2, maximumWaiting: 10)
        _ = state.start()
        _ = state.acquire(.shared, id: 1, "a")
        let held = try lease(state.opened(0, 7, at: now))
        _ = state.acquire(.exclusive, id: 2, "b")
        #expect(words(state.stop()) == ["b refused connection"])
        #expect(words(state.acquire(.shared, id: 3, "c")) == ["c refused connection"])
        #expect(words(state.release(held, at: now)) == ["close 7"])
        #expect(connectsAgain(&state, 0) == false)
        #expect(words(state.opened(1, 8, at: now)) == ["close 8"])
    }

    @Test func anUnusableConnectionIsClosed() throws {
        var state = State(shared: 1, exclusive: 1, depth: 1, maximumWaiting: 10)
        _ = state.acquire(.exclusive, id: 1, "a")
        let held = try lease(state.opened(1, 7, at: now))
        #expect(words(state.release(held, at: now, isUsable: false)) == ["close 7"])
    }
}
