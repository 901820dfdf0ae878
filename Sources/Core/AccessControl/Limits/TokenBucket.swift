/// How much somebody may ask: so much a second in the long run, and so much at once.
package struct BucketRate: Sendable, Hashable {
    package var perSecond: Double
    package var burst: Double

    package init(perSecond: Double, burst: Double) {
        self.perSecond = perSecond
        self.burst = burst
    }

    /// Whether it bounds anything.
    package var isLimit: Bool { perSecond > 0 }
}

/// What somebody may still ask at this moment. Times are seconds of a clock that only goes forward.
struct TokenBucket: Sendable, Hashable {
    private(set) var tokens: Double
    private var at: Double

    init(full rate: BucketRate, at now: Double) {
        tokens = rate.burst
        at = now
    }

    /// Takes the cost, when it is there. What costs more than fits in is had from a full bucket.
    /// - Returns: nil when it was taken, otherwise the seconds until it could be.
    mutating func take(_ cost: Double, _ rate: BucketRate, at now: Double) -> Double? {
        tokens = min(rate.burst, tokens + max(0, now - at) * rate.perSecond)
        at = max(at, now)
        let price = min(cost, rate.burst)
        guard tokens < price else {
            tokens -= price
            return nil
        }
        return (price - tokens) / rate.perSecond
    }
}

/// The buckets of many, in bounded memory: of those who have not asked for longest nothing is known after a while, as if they never had.
package struct BucketTable<Key: Hashable & Sendable>: Sendable {
    private let rate: BucketRate
    /// Of each generation.
    private let capacity: Int
    /// Who asked since the generations last changed, and who had asked before.
    private var young: [Key: TokenBucket] = [:]
    private var old: [Key: TokenBucket] = [:]

    /// - Parameter capacity: Buckets that are kept at most.
    package init(_ rate: BucketRate, capacity: Int) {
        self.rate = rate
        self.capacity = max(1, capacity / 2)
    }

    package var count: Int { young.count + old.count }

    /// - Returns: nil when it may be done, otherwise the seconds until it may.
    package mutating func take(_ cost: Double, for key: Key, at now: Double) -> Double? {
        guard rate.isLimit else { return nil }
        var bucket = young[key] ?? old.removeValue(forKey: key) ?? TokenBucket(full: rate, at: now)
        let wait = bucket.take(cost, rate, at: now)
        if young.count >= capacity, young[key] == nil { (old, young) = (young, [:]) }
        young[key] = bucket
        return wait
    }
}
