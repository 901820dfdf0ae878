import Synchronization

/// How many more steps may be claimed.
final class ClaimSlots: Sendable {
    private let free: Mutex<Int>

    init(_ count: Int) { free = Mutex(count) }

    func take(upTo wanted: Int) -> Int {
        free.withLock { free in
            let taken = min(free, wanted)
            free -= taken
            return taken
        }
    }

    func give(_ count: Int) { free.withLock { $0 += count } }
}
