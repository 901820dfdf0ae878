import DirectoryRules
import Glibc
import Synchronization

/// The directory's servers, as all threads know them: one that did not answer a thread is tried last by the others, too.
final class ServerPool: Sendable {
    private let order: Mutex<ServerOrder>

    init(count: Int) { order = Mutex(ServerOrder(count: count)) }

    var next: [Int] { order.withLock { $0.order(now: Self.now) } }

    func failed(_ index: Int) { order.withLock { $0.failed(index, now: Self.now) } }

    func answered(_ index: Int) { order.withLock { $0.answered(index) } }

    /// Seconds of a clock that does not jump.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec)
    }
}
