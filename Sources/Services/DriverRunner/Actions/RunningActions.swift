import PlatformModel
import ServiceAPI
import Synchronization

/// What this process is doing right now: the newest word of each action, and who waits to hear of it.
///
/// The durable truth is in the runner's table; this only spares the orchestrator from polling.
final class RunningActions: Sendable {
    private struct Entry {
        var reply: ActionReply
        var waiters: [Int: AsyncStream<ActionReply>.Continuation] = [:]
        /// Why it was told to stop.
        var stop: String?
        /// Who does it, and waits to be told.
        var stopWaiter: AsyncStream<Void>.Continuation?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    /// What became of a place that was asked for.
    enum Admission: Sendable {
        /// The place is the caller's, who gives it back by `end`.
        case admitted
        /// The action has its place already.
        case known
        case full
    }

    private let places: Int

    /// - Parameter places: Actions at a time, those that wait for their turn among them.
    init(places: Int) { self.places = places }

    func admit(_ name: String) -> Admission {
        state.withLock { state in
            guard state.entries[name] == nil else { return .known }
            guard state.entries.count < places else { return .full }
            state.entries[name] = Entry(reply: ActionReply(state: .running))
            return .admitted
        }
    }

    /// Actions that this process has now.
    var count: Int { state.withLock(\.entries.count) }

    func progress(_ name: String, _ line: String) {
        publish(name) { $0.reply.progress = line }
    }

    /// Tells whoever does the action to stop. The first reason counts.
    func stop(_ name: String, _ reason: String) {
        let waiter = state.withLock { state -> AsyncStream<Void>.Continuation? in
            guard state.entries[name] != nil, state.entries[name]?.stop == nil else { return nil }
            state.entries[name]?.stop = reason
            return state.entries[name]?.stopWaiter
        }
        waiter?.finish()
    }

    /// Returns once the action was told to stop, with the reason; nil when the task is cancelled. One waiter an action.
    func toldToStop(_ name: String) async -> String? {
        let (signals, waiter) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let told = state.withLock { state -> String? in
            state.entries[name]?.stopWaiter = waiter
            return state.entries[name]?.stop
        }
        if let told { return told }
        for await _ in signals {}
        return state.withLock { $0.entries[name]?.stop }
    }

    /// Tells whoever waits: the row has the answer now. The place stays taken until `end`.
    func tell(_ name: String, _ reply: ActionReply) {
        publish(name) { $0.reply = reply }
    }

    /// Tells whoever waits, and forgets the action.
    func end(_ name: String, _ reply: ActionReply?) {
        publish(name) { entry in
            if let reply { entry.reply = reply }
        }
        state.withLock { $0.entries[name] = nil }
    }

    /// The newest word, once it differs from `progress`, or after `timeout`; nil when this process does not do the action.
    func next(_ name: String, after progress: String?, timeout: Duration) async -> ActionReply? {
        let (news, continuation) = AsyncStream.makeStream(of: ActionReply.self, bufferingPolicy: .bufferingNewest(1))
        let registration = state.withLock { state -> (reply: ActionReply, waiter: Int)? in
            guard let entry = state.entries[name] else { return nil }
            state.nextWaiter += 1
            state.entries[name]?.waiters[state.nextWaiter] = continuation
            return (entry.reply, state.nextWaiter)
        }
        guard let registration else { return nil }
        defer { state.withLock { $0.entries[name]?.waiters[registration.waiter] = nil } }
        if registration.reply.progress != progress { return registration.reply }
        let heard = await withTaskGroup(of: ActionReply?.self) { group in
            group.addTask { await news.first { _ in true } }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return nil
            }
            let heard = await group.next()
            group.cancelAll()
            return heard ?? nil
        }
        return heard ?? newest(name)
    }

    /// The newest word now; nil when this process does not do the action.
    func newest(_ name: String) -> ActionReply? { state.withLock { $0.entries[name]?.reply } }

    private func publish(_ name: String, _ change: (inout Entry) -> Void) {
        let entry = state.withLock { state -> Entry? in
            guard var entry = state.entries[name] else { return nil }
            change(&entry)
            state.entries[name] = entry
            return entry
        }
        guard let entry else { return }
        for waiter in entry.waiters.values { waiter.yield(entry.reply) }
    }
}
