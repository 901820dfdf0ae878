import Synchronization

/// What is wrong with the directory, for the metrics and the log.
final class DirectoryAlarm: Sendable {
    private struct State {
        var held = 0
        var complained: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    /// People whose loss waits for an administrator.
    var count: Int { state.withLock(\.held) }

    func set(_ count: Int) { state.withLock { $0.held = count } }

    /// Whether the log is told again that there are no clear answers: once a minute is enough.
    func mayComplain(at now: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { state in
            if let last = state.complained, now - last < .seconds(60) { return false }
            state.complained = now
            return true
        }
    }
}
