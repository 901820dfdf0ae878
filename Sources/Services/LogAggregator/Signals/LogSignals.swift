import Postgres
import ServiceLifecycle
import Synchronization

/// Wakes the open streams of an organisation when its lines grow, in whichever process. Whoever waits also looks by itself,
/// so a lost notification only delays.
final class LogSignals: Service {
    struct Subscription: Sendable {
        fileprivate let id: Int
        fileprivate let orgID: String
        fileprivate let wakes: AsyncStream<Void>
    }

    private struct State {
        var nextID = 0
        var waiting: [String: [Int: AsyncStream<Void>.Continuation]] = [:]
    }

    private let database: PostgresPool
    private let state = Mutex(State())

    init(database: PostgresPool) { self.database = database }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await notification in self.database.listen(BatchStore.channel) { self.wake(notification) }
        }
    }

    func subscribe(_ orgID: String) -> Subscription {
        let (wakes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let id = state.withLock { state in
            state.nextID += 1
            state.waiting[orgID, default: [:]][state.nextID] = continuation
            return state.nextID
        }
        return Subscription(id: id, orgID: orgID, wakes: wakes)
    }

    func unsubscribe(_ subscription: Subscription) {
        state.withLock { state in
            state.waiting[subscription.orgID]?[subscription.id] = nil
            if state.waiting[subscription.orgID]?.isEmpty == true { state.waiting[subscription.orgID] = nil }
        }
    }

    /// Returns at the next notification, or after `limit`.
    func next(_ subscription: Subscription, within limit: Duration) async {
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
            case .notified(let orgID): state.waiting[orgID].map { Array($0.values) } ?? []
            // Nobody knows what was missed.
            case .reconnected: state.waiting.values.flatMap(\.values)
            }
        }
        for continuation in waiting { continuation.yield() }
    }
}
