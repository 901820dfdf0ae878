import Synchronization

/// What is wrong with the directory, for the metrics and the log.
final class DirectoryAlarm: Sendable {
    private struct State {
        var held = 0
        var complained: ContinuousClock.Instant?
        /// People about whom there was no clear answer, and when.
        var unanswered: [String: ContinuousClock.Instant] = [:]
    }

    private let state = Mutex(State())

    /// People whose loss waits for an administrator.
    var count: Int { state.withLock(\.held) }

    func set(_ count: Int) { state.withLock { $0.held = count } }

    /// Whether it is worth asking about somebody while a request waits: not within a minute after there was no clear answer.
    func isWorthAsking(_ id: String, at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { $0.unanswered[id].map { now - $0 >= .seconds(60) } ?? true }
    }

    func heard(_ id: String, isClear: Bool, at now: ContinuousClock.Instant = .now) {
        state.withLock { state in
            if state.unanswered.count >= 10_000 { state.unanswered = [:] }
            state.unanswered[id] = isClear ? nil : now
        }
    }

    /// Whether the log is told again that there are no clear answers: once a minute is enough.
    func mayComplain(at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if let last = state.complained, now - last < .seconds(60) { return false }
            state.complained = now
            return true
        }
    }
}
