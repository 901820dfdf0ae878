/// The timers of an `EventLoop`: bodies by deadline. Deadlines mostly arrive in rising order, so insertion is cheap.
struct LoopTimers<Body> {
    private var entries: [(deadline: ContinuousClock.Instant, id: UInt64, body: Body)] = []
    private var lastID: UInt64 = 0

    var isEmpty: Bool { entries.isEmpty }
    var next: ContinuousClock.Instant? { entries.first?.deadline }

    mutating func add(at deadline: ContinuousClock.Instant, _ body: Body) -> UInt64 {
        lastID += 1
        var index = entries.count
        while index > 0, entries[index - 1].deadline > deadline { index -= 1 }
        entries.insert((deadline, lastID, body), at: index)
        return lastID
    }

    mutating func remove(_ id: UInt64) {
        entries.removeAll { $0.id == id }
    }

    /// The bodies whose time has come, in the order of their deadlines.
    mutating func due(at now: ContinuousClock.Instant) -> [Body] {
        let count = entries.firstIndex { $0.deadline > now } ?? entries.count
        guard count > 0 else { return [] }
        defer { entries.removeFirst(count) }
        return entries[..<count].map(\.body)
    }
}
