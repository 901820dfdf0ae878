import Testing

@testable import AccessControl

@Suite struct BucketTableTests {
    private let rate = BucketRate(perSecond: 2, burst: 10)

    @Test func aBurstThenTheRate() throws {
        var table = BucketTable<String>(rate, capacity: 10)
        for _ in 0..<10 { #expect(table.take(1, for: "a", at: 0) == nil) }
        #expect(table.take(1, for: "a", at: 0) == 0.5)
        // Being refused costs nothing.
        for _ in 0..<100 { #expect(table.take(1, for: "a", at: 0) == 0.5) }
        #expect(table.take(1, for: "a", at: 0.25) == 0.25)
        #expect(table.take(1, for: "a", at: 0.5) == nil)
        #expect(table.take(1, for: "a", at: 0.5) != nil)
        // Others are not concerned.
        #expect(table.take(10, for: "b", at: 0.5) == nil)
    }

    /// Over any time nobody gets more than the burst and the rate.
    @Test func neverMoreThanTheRate() {
        var table = BucketTable<Int>(rate, capacity: 4), numbers = SystemRandomNumberGenerator(), now = 0.0, taken = 0.0
        for _ in 0..<5000 {
            now += Double.random(in: 0...0.3, using: &numbers)
            let cost = Double.random(in: 0.5...10, using: &numbers)
            if table.take(cost, for: 1, at: now) == nil { taken += cost }
            #expect(taken <= rate.burst + rate.perSecond * now + 1e-6)
        }
        #expect(taken > rate.perSecond * now * 0.5)
    }

    @Test func waitingAsLongAsWasSaidIsEnough() throws {
        for cost in [0.5, 1, 9.9, 10] {
            var table = BucketTable<Int>(rate, capacity: 4)
            #expect(table.take(10, for: 1, at: 5) == nil)
            let refused = table.take(cost, for: 1, at: 5), wait = try #require(refused)
            #expect(table.take(cost, for: 1, at: 5 + wait - 0.01) != nil)
            #expect(table.take(cost, for: 1, at: 5 + wait + 1e-9) == nil)
        }
    }

    /// What costs more than ever fits in is had from a full bucket, and not never.
    @Test func costsBeyondTheBurst() {
        var table = BucketTable<Int>(rate, capacity: 4)
        #expect(table.take(50, for: 1, at: 0) == nil)
        #expect(table.take(50, for: 1, at: 4.9) != nil)
        #expect(table.take(50, for: 1, at: 5) == nil)
    }

    @Test func aClockThatStandsOrGoesBackGivesNothing() {
        var table = BucketTable<Int>(rate, capacity: 4)
        #expect(table.take(10, for: 1, at: 100) == nil)
        #expect(table.take(1, for: 1, at: 50) != nil)
        #expect(table.take(1, for: 1, at: 100) != nil)
        #expect(table.take(1, for: 1, at: 100.5) == nil)
    }

    /// However many ask, the memory is bounded; and whoever goes on asking is not forgotten for them.
    @Test func boundedMemory() {
        var table = BucketTable<Int>(rate, capacity: 100)
        for _ in 0..<10 { #expect(table.take(1, for: -1, at: 0) == nil) }
        for stranger in 0..<10_000 {
            _ = table.take(1, for: stranger, at: 0)
            if stranger.isMultiple(of: 10) { #expect(table.take(1, for: -1, at: 0) != nil) }
            #expect(table.count <= 102)
        }
    }

    @Test func noLimit() {
        var table = BucketTable<Int>(BucketRate(perSecond: 0, burst: 1), capacity: 4)
        for _ in 0..<1000 { #expect(table.take(10, for: 1, at: 0) == nil) }
        #expect(table.count == 0)
    }

    @Test func locksGrow() {
        let rule = LockRule(freeFailures: 5, firstSeconds: 15, longestSeconds: 900, forgetSeconds: 3600)
        #expect((0...12).map(rule.seconds) == [0, 0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900])
        #expect(rule.seconds(afterFailures: .max) == 900)
        let off = LockRule(freeFailures: 0, firstSeconds: 15, longestSeconds: 900, forgetSeconds: 3600)
        #expect(off.seconds(afterFailures: 1000) == 0)
    }

    @Test func whatCostsMore() {
        let dear = PublicRoute.all.filter { $0.cost > 1 }
        #expect(PublicRoute.all.allSatisfy { [1, 10].contains($0.cost) })
        #expect(PublicRoute.all.filter { $0.kind == .stream }.allSatisfy { $0.cost == 10 })
        #expect(dear.contains { $0.pattern == "/auth/login" } && dear.contains { $0.pattern.hasSuffix("/score-deploys") })
        #expect(!dear.contains { $0.method == "GET" && $0.kind == .json })
    }
}
