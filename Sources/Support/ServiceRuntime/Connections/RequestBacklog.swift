import Synchronization

/// How many requests of a connection have come and are not answered: more than one when its client sends the next before it has the
/// answer (pipelining).
final class RequestBacklog: Sendable {
    private let count = Atomic(0)

    func set(_ count: Int) { self.count.store(count, ordering: .relaxed) }

    /// Whether others wait behind the request that is being answered.
    var hasNext: Bool { count.load(ordering: .relaxed) > 1 }
}
