import Logging
import ServiceLifecycle
import Synchronization

/// LISTEN on a direct connection of its own, for all channels of one pool.
final class NotificationListener: Sendable {
    private struct Subscriber {
        let channel: String
        let continuation: AsyncStream<Notification>.Continuation
        var isTold = false
    }

    private struct State {
        var subscribers: [UInt64: Subscriber] = [:]
        var lastID: UInt64 = 0
        var isStopping = false
    }

    /// Notifications kept for a slow reader; it loses the oldest, and polling alone must stay correct.
    private static let bufferedNotifications = 256

    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let state = Mutex(State())
    private let wakeup = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    func listen(_ channel: String) -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(Self.bufferedNotifications))
        let id = state.withLock { state -> UInt64? in
            guard !state.isStopping else { return nil }
            state.lastID += 1
            state.subscribers[state.lastID] = Subscriber(channel: channel, continuation: continuation)
            return state.lastID
        }
        guard let id else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            guard let self else { return }
            _ = state.withLock { $0.subscribers.removeValue(forKey: id) }
            wakeup.continuation.yield()
        }
        wakeup.continuation.yield()
        return stream
    }

    func stop() {
        let subscribers = state.withLock { state in
            state.isStopping = true
            defer { state.subscribers = [:] }
            return state.subscribers.values.map(\.continuation)
        }
        for subscriber in subscribers { subscriber.finish() }
        wakeup.continuation.finish()
    }

    /// Brings the session in line with what is asked for, each time something may have changed.
    func run() async {
        var connection: PostgresConnection?
        var channels: Set<String> = []
        var attempt = 0
        for await _ in wakeup.stream {
            if await connection?.isClosed ?? true {
                connection = nil
                channels = []
                state.withLock { state in for id in state.subscribers.keys { state.subscribers[id]?.isTold = false } }
            }
            let wanted = state.withLock { Set($0.subscribers.values.map(\.channel)) }
            guard !wanted.isEmpty else {
                await connection?.close()
                continue
            }
            do throws(PostgresError) {
                let session = if let connection { connection } else { try await connect() }
                connection = session
                for channel in wanted.subtracting(channels) { try await session.execute("LISTEN \(identifier: channel)") }
                for channel in channels.subtracting(wanted) { try await session.execute("UNLISTEN \(identifier: channel)") }
                channels = wanted
                attempt = 0
                tellNew(of: channels)
            } catch {
                logger.warning("not listening for notifications", metadata: ["error": "\(error)"])
                await connection?.close()
                connection = nil
                await pause(after: attempt)
                attempt += 1
                wakeup.continuation.yield()
            }
        }
        await connection?.close()
    }

    private func connect() async throws(PostgresError) -> PostgresConnection {
        let connection = try await PostgresConnection.connect(configuration)
        await connection.setNotificationHandler { [weak self] channel, payload in self?.deliver(channel, payload) }
        await connection.whenClosed { [weak self] in self?.wakeup.continuation.yield() }
        return connection
    }

    private func deliver(_ channel: String, _ payload: String) {
        let subscribers = state.withLock { $0.subscribers.values.filter { $0.channel == channel }.map(\.continuation) }
        for subscriber in subscribers { subscriber.yield(.notified(payload: payload)) }
    }

    private func tellNew(of channels: Set<String>) {
        let subscribers = state.withLock { state in
            let new = state.subscribers.filter { !$0.value.isTold && channels.contains($0.value.channel) }
            for id in new.keys { state.subscribers[id]?.isTold = true }
            return new.values.map(\.continuation)
        }
        for subscriber in subscribers { subscriber.yield(.reconnected) }
    }

    private func pause(after attempt: Int) async {
        let longest = min(5000, 50 << min(attempt, 7))
        try? await cancelWhenGracefulShutdown {
            try await Task.sleep(for: .milliseconds(Int.random(in: longest / 2...longest)))
        }
    }
}

extension PostgresConnection {
    func setNotificationHandler(_ handler: @escaping @Sendable (_ channel: String, _ payload: String) -> Void) {
        notificationHandler = handler
    }
}

extension PostgresPool {
    /// Notifications of a channel, for as long as the stream is read. A slow reader loses the oldest: notifications
    /// only save the wait for the next poll.
    package func listen(_ channel: String) -> AsyncStream<Notification> { listener.listen(channel) }
}
