import Testing

@testable import Postgres

@Suite struct LoopTimersTests {
    @Test func dueInTheOrderOfDeadlines() {
        let start = ContinuousClock.now
        var timers = LoopTimers<String>()
        _ = timers.add(at: start + .seconds(3), "c")
        let b = timers.add(at: start + .seconds(2), "b")
        _ = timers.add(at: start + .seconds(1), "a1")
        _ = timers.add(at: start + .seconds(1), "a2")
        #expect(timers.next == start + .seconds(1))
        #expect(timers.due(at: start) == [])
        #expect(timers.due(at: start + .seconds(1)) == ["a1", "a2"])
        timers.remove(b)
        #expect(timers.due(at: start + .seconds(9)) == ["c"])
        #expect(timers.isEmpty && timers.next == nil)
    }
}
