/// What was found a moment ago, to be believed without looking again for as long as somebody asks for it every now and then, up to an
/// end. Bounded: when it is full, the older half goes.
package struct RecentlyFound<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The state of things when a look began: what is found by it counts only when nothing was forgotten meanwhile.
    package struct Look: Sendable, Hashable {
        fileprivate let era: UInt64
    }

    private struct Finding: Sendable {
        var value: Value
        var idleEnd: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    private let half: Int
    private let idle: Duration
    private var newer: [Key: Finding] = [:]
    private var older: [Key: Finding] = [:]
    private var era: UInt64 = 0

    /// - Parameters:
    ///   - capacity: So many findings are kept at most.
    ///   - idle: What nobody has asked for so long is not believed any more.
    package init(capacity: Int, idle: Duration) {
        half = max(1, capacity / 2)
        self.idle = idle
    }

    package var count: Int { newer.count + older.count }

    /// Nil when it must be looked up.
    package mutating func value(of key: Key, at now: ContinuousClock.Instant) -> Value? {
        guard let finding = newer[key] ?? older[key], now < min(finding.idleEnd, finding.end) else { return nil }
        if newer[key] != nil { newer[key]?.idleEnd = now + idle } else { older[key]?.idleEnd = now + idle }
        return finding.value
    }

    /// To be asked before the look.
    package var look: Look { Look(era: era) }

    /// - Parameters:
    ///   - now: When the look began.
    ///   - end: However often it is asked for.
    package mutating func keep(
        _ value: Value, of key: Key, at now: ContinuousClock.Instant, until end: ContinuousClock.Instant, found look: Look
    ) {
        guard look.era == era else { return }
        if newer[key] == nil, newer.count >= half {
            older = newer
            newer = [:]
        }
        older[key] = nil
        newer[key] = Finding(value: value, idleEnd: now + idle, end: end)
    }

    /// Something has changed: also what is being looked up at this moment does not count.
    package mutating func forgetAll() {
        era += 1
        newer = [:]
        older = [:]
    }
}
