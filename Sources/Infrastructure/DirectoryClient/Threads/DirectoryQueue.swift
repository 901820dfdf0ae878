import Dispatch
import Synchronization

/// Jobs for the directory threads: bounded, first in first out; threads block while it is empty.
final class DirectoryQueue: Sendable {
    typealias Job = @Sendable (DirectorySession) -> Void

    struct Entry: Sendable {
        let interruption: Interruption
        let job: Job
    }

    private struct State {
        var jobs: [Entry] = []
        var isStopped = false
    }

    private let capacity: Int
    private let state = Mutex(State())
    private let wakeUps = DispatchSemaphore(value: 0)

    init(capacity: Int) { self.capacity = capacity }

    func add(_ entry: Entry) -> Bool {
        let accepted = state.withLock { state in
            guard !state.isStopped else { return false }
            // Those that nobody waits for any more hold no place.
            if state.jobs.count >= capacity { state.jobs.removeAll { $0.interruption.isOver } }
            guard state.jobs.count < capacity else { return false }
            state.jobs.append(entry)
            return true
        }
        if accepted { wakeUps.signal() }
        return accepted
    }

    /// The next job, waiting for one; nil when stopped.
    func next() -> Entry? {
        while true {
            wakeUps.wait()
            let (job, isStopped) = state.withLock { state in
                (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isStopped)
            }
            if isStopped {
                // For the next thread that waits.
                wakeUps.signal()
                return nil
            }
            if let job { return job }
        }
    }

    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.jobs = []
        }
        wakeUps.signal()
    }
}
