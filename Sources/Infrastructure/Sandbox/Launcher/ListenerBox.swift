import Glibc
import Synchronization

/// A listening socket on its way from the launcher to whoever serves it; closed when nobody does.
final class ListenerBox: Sendable {
    private let waiting = Mutex<Int32?>(nil)

    func put(_ listener: Int32) {
        let before = waiting.withLock { waiting in
            defer { waiting = listener }
            return waiting
        }
        if let before { close(before) }
    }

    func take() -> Int32? {
        waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }

    deinit { if let listener = take() { close(listener) } }
}
