import Testing

@testable import AccessControl

@Suite struct RecentlyFoundTests {
    private let start = ContinuousClock.now

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func whatWasFoundIsBelievedWhileItIsAskedForUntilItsEnd() {
        var recent = RecentlyFound<String, Int>(capacity: 10, idle: .seconds(3))
        #expect(recent.value(of: "a", at: start) == nil)
        recent.keep(1, of: "a", at: start, until: at(7), found: recent.look)
        #expect(recent.value(of: "a", at: at(2)) == 1 && recent.value(of: "b", at: at(2)) == nil)
        #expect(recent.value(of: "a", at: at(4)) == 1 && recent.value(of: "a", at: at(6)) == 1)
        #expect(recent.value(of: "a", at: at(7)) == nil)
        recent.keep(2, of: "a", at: at(7), until: at(99), found: recent.look)
        #expect(recent.value(of: "a", at: at(9)) == 2 && recent.count == 1)
        #expect(recent.value(of: "a", at: at(12)) == nil)
    }

    /// Also what has become one of the older half.
    @Test func theOlderHalfIsAskedForToo() {
        var recent = RecentlyFound<Int, Int>(capacity: 4, idle: .seconds(3))
        for key in 0..<3 { recent.keep(key, of: key, at: start, until: at(9), found: recent.look) }
        #expect(recent.value(of: 0, at: at(2)) == 0)
        #expect(recent.value(of: 0, at: at(4)) == 0 && recent.value(of: 2, at: at(4)) == nil)
    }

    @Test func aLookFromBeforeAChangeDoesNotCount() {
        var recent = RecentlyFound<String, Int>(capacity: 10, idle: .seconds(3))
        let before = recent.look
        recent.keep(1, of: "a", at: start, until: at(5), found: before)
        recent.forgetAll()
        #expect(recent.value(of: "a", at: start) == nil && recent.count == 0)
        // It began before the change and ended after it: it may have seen either.
        recent.keep(1, of: "a", at: start, until: at(5), found: before)
        #expect(recent.value(of: "a", at: start) == nil)
        recent.keep(2, of: "a", at: start, until: at(5), found: recent.look)
        #expect(recent.value(of: "a", at: start) == 2)
    }

    @Test(arguments: [1, 2, 3, 10, 101]) func itIsBoundedAndTheNewestStay(capacity: Int) {
        var recent = RecentlyFound<Int, Int>(capacity: capacity, idle: .seconds(9))
        for key in 0..<1000 {
            recent.keep(key, of: key, at: start, until: at(5), found: recent.look)
            #expect(recent.count <= max(2, capacity))
            #expect(recent.value(of: key, at: start) == key)
            // The last half is always there.
            for past in 0..<min(key, capacity / 2) { #expect(recent.value(of: key - past, at: start) == key - past) }
        }
        #expect(recent.value(of: 0, at: start) == nil)
    }

    @Test func aKeyThatIsFoundAgainIsThereOnce() {
        var recent = RecentlyFound<Int, Int>(capacity: 4, idle: .seconds(9))
        for key in 0..<4 { recent.keep(key, of: key, at: start, until: at(5), found: recent.look) }
        recent.keep(10, of: 0, at: start, until: at(6), found: recent.look)
        #expect(recent.value(of: 0, at: at(5)) == 10)
        recent.keep(4, of: 4, at: start, until: at(5), found: recent.look)
        #expect(recent.value(of: 0, at: at(5)) == 10 && recent.count <= 4)
    }
}
