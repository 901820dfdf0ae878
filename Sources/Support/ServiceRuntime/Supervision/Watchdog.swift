import NIOCore
import ServiceLifecycle

/// Tells the service manager that this process works: it says so only after every event loop has run a task and a task of the Swift
/// pool has gone on, so a process that is blocked in either is killed and started again.
struct Watchdog: Service {
    let group: any EventLoopGroup
    let interval: Duration

    /// Nil when nobody watches.
    init?(group: any EventLoopGroup, timeout: Duration?) {
        guard let timeout else { return nil }
        self.group = group
        interval = timeout / 2
    }

    func run() async throws {
        // Until the process ends: draining is watched, too.
        try? await cancelWhenGracefulShutdown {
            while true {
                for loop in group.makeIterator() { try await loop.submit {}.get() }
                ServiceManager.alive()
                try await Task.sleep(for: interval)
            }
        }
    }
}
