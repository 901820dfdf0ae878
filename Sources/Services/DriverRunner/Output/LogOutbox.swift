import HTTPTypes
import Logging
import PlatformModel
import ServiceAPI
import ServiceLifecycle
import Synchronization

/// Driver lines on their way to the log aggregator: bounded; when it is full the oldest go, and how many is said.
final class LogOutbox: Service {
    private struct State {
        var entries: [LogEntry] = []
        var dropped = 0
    }

    private static let capacity = 10_000
    private static let batch = 500

    private let logs: RoomClient
    /// Of this process alone: a sequence begins anew with each start.
    private let source: String
    private let logger: Logger
    private let state = Mutex(State())
    private let wakes: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(logs: RoomClient, source: String, logger: Logger) {
        self.logs = logs
        self.source = source
        self.logger = logger
        (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func add(_ entry: LogEntry) {
        state.withLock { state in
            state.entries.append(entry)
            let excess = state.entries.count - Self.capacity
            if excess > 0 {
                state.entries.removeFirst(excess)
                state.dropped += excess
            }
        }
        wake.yield()
    }

    func run() async throws {
        var sequence: Int64 = 0
        for await _ in wakes.cancelOnGracefulShutdown() {
            while let entries = take() {
                sequence += 1
                await send(LogBatch(source: source, sequence: sequence, entries: entries))
            }
        }
    }

    private func take() -> [LogEntry]? {
        let (entries, dropped) = state.withLock { state -> ([LogEntry], Int) in
            let entries = Array(state.entries.prefix(Self.batch))
            state.entries.removeFirst(entries.count)
            defer { state.dropped = 0 }
            return (entries, state.dropped)
        }
        if dropped > 0 { logger.warning("driver lines dropped: the log aggregator is behind", metadata: ["lines": "\(dropped)"]) }
        return entries.isEmpty ? nil : entries
    }

    /// Sends until it is accepted; the same batch sent twice is stored once.
    private func send(_ batch: LogBatch) async {
        while !Task.isCancelled {
            do throws(RoomError) {
                try await logs.send(.post, "/v1/logs", body: batch)
                return
            } catch {
                guard error.isTransient else {
                    return logger.error("driver lines refused", metadata: ["cause": "\(error)"])
                }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }
}
