/// Which statements are prepared on one connection, and under which name. Bounded: the least recently used goes first.
struct StatementCache {
    struct Key: Hashable {
        let text: String
        let types: [UInt32]
    }

    enum Lookup: Equatable {
        /// Prepared under this name.
        case ready(String)
        /// Somebody's PREPARE is on its way and may fail: run it unprepared.
        case preparing
        /// To be prepared under `name`.
        case absent(name: String)
    }

    private struct Entry {
        let name: String
        var isReady = false
        var lastUse: UInt64
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0
    /// Names to DEALLOCATE at the next moment outside a transaction.
    private(set) var dropped: [String] = []

    init(limit: Int) { self.limit = max(1, limit) }

    var count: Int { entries.count }

    mutating func lookup(_ key: Key) -> Lookup {
        clock += 1
        if let entry = entries[key] {
            entries[key]?.lastUse = clock
            return entry.isReady ? .ready(entry.name) : .preparing
        }
        if entries.count >= limit { evict() }
        let name = "martlet_\(clock)"
        entries[key] = Entry(name: name, lastUse: clock)
        return .absent(name: name)
    }

    mutating func prepared(_ key: Key) { entries[key]?.isReady = true }

    /// PREPARE was refused or skipped: the name does not exist.
    mutating func failed(_ key: Key) {
        if entries[key]?.isReady == false { entries[key] = nil }
    }

    /// The statement under `name` is of no use any more (its result type changed).
    mutating func forget(_ key: Key, name: String) {
        guard let entry = entries[key], entry.name == name else { return }
        entries[key] = nil
        dropped.append(name)
    }

    mutating func takeDropped() -> [String] {
        defer { dropped = [] }
        return dropped
    }

    private mutating func evict() {
        let candidates = entries.filter(\.value.isReady)
        guard let (key, entry) = candidates.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
        entries[key] = nil
        dropped.append(entry.name)
    }
}
