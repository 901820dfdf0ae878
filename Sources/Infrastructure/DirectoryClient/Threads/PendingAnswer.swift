import Synchronization

/// One answer, from whoever is first: the directory thread or the clock.
final class PendingAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case waiting(CheckedContinuation<Answer, Never>?)
        case resolved(Answer)
        case taken
    }

    private let state = Mutex(State.waiting(nil))

    func resolve(_ answer: Answer) {
        let waiting = state.withLock { state -> CheckedContinuation<Answer, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = continuation == nil ? .resolved(answer) : .taken
            return continuation
        }
        waiting?.resume(returning: answer)
    }

    func value() async -> Answer {
        await withCheckedContinuation { continuation in
            let resolved = state.withLock { state -> Answer? in
                if case .resolved(let answer) = state {
                    state = .taken
                    return answer
                }
                state = .waiting(continuation)
                return nil
            }
            if let resolved { continuation.resume(returning: resolved) }
        }
    }
}
