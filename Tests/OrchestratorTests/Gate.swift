import Synchronization

/// Holds whoever passes it until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)

    func open() { isOpen.withLock { $0 = true } }

    /// Returns when it is open; throws when the task is cancelled.
    func pass() async throws {
        // A poll: the test opens it, or ends.
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
    }
}
