import Glibc
import Synchronization

/// Ends what a directory thread does for somebody who waits no longer, whatever libldap is in the middle of.
///
/// libldap's own timeouts begin again with each byte that arrives, so a server that sends slowly would hold a thread for ever. Shutting
/// the socket down from outside ends any call on it at once.
final class Interruption: Sendable {
    private struct State {
        var isOver = false
        /// A descriptor of the socket in use, which stays open as long as it stands here.
        var descriptor: Int32?
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock(\.isOver) }

    /// Runs blocking calls on a socket.
    func during<Result, Failure: Error>(_ descriptor: Int32, _ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        state.withLock { state in
            state.descriptor = descriptor
            // Ended a moment ago: the calls to come fail at once.
            if state.isOver { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        defer { state.withLock { $0.descriptor = nil } }
        return try body()
    }

    func end() {
        state.withLock { state in
            state.isOver = true
            if let descriptor = state.descriptor { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }
}
