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
        var bytes = 0
        var dropped = 0
    }

    /// Bytes that wait.
    private static let capacity = 16 << 20
    /// Lines sent at a time.
    private static let batch = 500
    /// How long what is left may take when the program ends.
    private static let lastSending = Duration.seconds(2)

    private let logs: RoomClient
    /// Of this process alone: a sequence begins anew with each start.
    private let source: String
    private let logger: Logger
    private let state = Mutex(State())
    private let lastSequence = Atomic<Int64>(0)
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
            state.bytes += entry.weight
            guard state.bytes > Self.capacity else { return }
            // A good part at once: taking one by one from the front would cost the length of the rest each time.
            var excess = 0
            while state.bytes > Self.capacity / 8 * 7, excess < state.entries.count {
                state.bytes -= state.entries[excess].weight
                excess += 1
            }
            state.entries.removeFirst(excess)
            state.dropped += excess
        }
        wake.yield()
    }

    /// What waits now, in lines and bytes.
    var waiting: (lines: Int, bytes: Int) { state.withLock { ($0.entries.count, $0.bytes) } }

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in self.wakes.cancelOnGracefulShutdown() { await self.sendAll() }
                await self.sendAll()
            }
            group.addTask {
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: Self.lastSending)
                } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func sendAll() async {
        while !Task.isCancelled, let entries = take() {
            let sequence = lastSequence.wrappingAdd(1, ordering: .relaxed).newValue
            await send(LogBatch(source: source, sequence: sequence, entries: entries))
        }
    }

    private func take() -> [LogEntry]? {
        let (entries, dropped) = state.withLock { state -> ([LogEntry], Int) in
            let entries = Array(state.entries.prefix(LogEntry.count(of: state.entries, upTo: Self.batch)))
            state.entries.removeFirst(entries.count)
            state.bytes -= entries.reduce(0) { $0 + $1.weight }
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
