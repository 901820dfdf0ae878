import ServiceLifecycle
import Synchronization

/// Wakes those who wait for what one channel's payload names (an organisation, a deployment), in whichever process it was sent.
/// Whoever waits also looks by itself, so a lost notification only delays.
package final class ChannelSignals: Service {
    package struct Subscription: Sendable {
        fileprivate let id: Int
        fileprivate let payload: String
        fileprivate let wakes: AsyncStream<Void>
    }

    private struct State {
        var nextID = 0
        var waiting: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let channel: String
    private let database: PostgresPool
    private let state = Mutex(State())

    package init(channel: String, database: PostgresPool) {
        self.channel = channel
        self.database = database
    }

    /// Listens until the program ends.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await notification in self.database.listen(self.channel) { self.wake(notification) }
        }
    }

    /// What comes from now on wakes `next`, also when it comes before the call. To be ended by `unsubscribe`.
    package func subscribe(_ payload: String) -> Subscription {
        let (wakes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID += 1
            state.waiting[payload, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        return Subscription(id: id, payload: payload, wakes: wakes)
    }

    package func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            state.waiting[subscription.payload]?[subscription.id] = nil
            if state.waiting[subscription.payload]?.isEmpty == true { state.waiting[subscription.payload] = nil }
        }
    }

    /// Returns at the next notification, or after `limit`.
    package func next(_ subscription: Subscription, within limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in subscription.wakes { return } }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wake(_ notification: Notification) {
        let waiting = state.withLock { state in
            switch notification {
            case .notified(let payload): state.waiting[payload].map { Array($0.values) } ?? []
            // Nobody knows what was missed.
            case .reconnected: state.waiting.values.flatMap(\.values)
            }
        }
        for continuation in waiting { continuation.yield() }
    }
}
