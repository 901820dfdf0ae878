/// What was found a moment ago, to be believed for a while without looking again. Bounded: when it is full, the older half goes.
package struct RecentlyFound<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// The state of things when a look began: what is found by it counts only when nothing was forgotten meanwhile.
    package struct Look: Sendable, Hashable {
        fileprivate let era: UInt64
    }

    private struct Finding: Sendable {
        var value: Value
        var end: ContinuousClock.Instant
    }

    private let half: Int
    private var newer: [Key: Finding] = [:]
    private var older: [Key: Finding] = [:]
    private var era: UInt64 = 0

    /// - Parameter capacity: So many findings are kept at most.
    package init(capacity: Int) { half = max(1, capacity / 2) }

    package var count: Int { newer.count + older.count }

    /// Nil when it must be looked up.
    package func value(of key: Key, at now: ContinuousClock.Instant) -> Value? {
        guard let finding = newer[key] ?? older[key], now < finding.end else { return nil }
        return finding.value
    }

    /// To be asked before the look.
    package var look: Look { Look(era: era) }

    package mutating func keep(_ value: Value, of key: Key, until end: ContinuousClock.Instant, found look: Look) {
        guard look.era == era else { return }
        if newer[key] == nil, newer.count >= half {
            older = newer
            newer = [:]
        }
        older[key] = nil
        newer[key] = Finding(value: value, end: end)
    }

    /// Something has changed: also what is being looked up at this moment does not count.
    package mutating func forgetAll() {
        era += 1
        newer = [:]
        older = [:]
    }
}
