import HTTPTypes
import Hummingbird
import PlatformModel
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A log aggregator in memory, which stores each (source, sequence) once.
final class FakeLogs: Sendable {
    enum Mood: Sendable {
        case takes
        /// Takes nothing and says so.
        case isAway
        /// Stores the batch, and its answer is lost.
        case losesAnswers
        /// Will never take it.
        case refuses
    }

    private struct State {
        var batches: [(id: String, entries: [LogEntry])] = []
        var mood = Mood.takes
        var asked = 0
    }

    private let state = Mutex(State())

    var entries: [LogEntry] { state.withLock { $0.batches.flatMap(\.entries) } }
    var lines: [String] { entries.map(\.line) }
    var batches: Int { state.withLock(\.batches.count) }
    /// Requests so far, whatever became of them.
    var asked: Int { state.withLock(\.asked) }
    var mood: Mood {
        get { state.withLock(\.mood) }
        set { state.withLock { $0.mood = newValue } }
    }

    func router() -> RoomRouter {
        let router = RoomRouter()
        router.group(callers: ["runner"], bodyLimit: 16 << 20).post("/v1/logs") { request, context in
            let batch = try await context.decode(LogBatch.self, from: request)
            try self.take(batch)
            return try Response.json(LogBatchReply(accepted: batch.entries.count))
        }
        return router
    }

    private func take(_ batch: LogBatch) throws {
        try state.withLock { state in
            state.asked += 1
            if state.mood == .refuses { throw HTTPFailure(.unprocessableContent, "invalid", "no") }
            if state.mood == .isAway { throw HTTPFailure.unavailable("away") }
            let id = "\(batch.source)#\(batch.sequence)"
            if !state.batches.contains(where: { $0.id == id }) { state.batches.append((id, batch.entries)) }
            if state.mood == .losesAnswers { throw HTTPFailure.unavailable("away") }
        }
    }
}
