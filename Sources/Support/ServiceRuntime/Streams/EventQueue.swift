import Synchronization

/// The events that wait for one reader, already as text: bounded in number and size. Many may send, one reads.
final class EventQueue: Sendable {
    private struct State {
        var frames: [String] = []
        var bytes = 0
        var isFinished = false
        var reader: CheckedContinuation<Void, Never>?
        var senders: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextSender: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limits: StreamLimits

    init(limits: StreamLimits) { self.limits = limits }

    /// Adds a frame if there is room. False when there is none or the stream has ended.
    func offer(_ frame: String) -> Bool {
        let (taken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isFinished, hasRoom(state, for: frame) else { return (false, nil) }
            state.frames.append(frame)
            state.bytes += frame.utf8.count
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return taken
    }

    /// Adds a frame, waiting while there is no room. Throws when the stream has ended.
    func send(_ frame: String) async throws(CancellationError) {
        while !offer(frame) {
            if Task.isCancelled || isFinished { throw CancellationError() }
            await roomOrEnd(for: frame)
        }
    }

    /// All that waits, in one text; nil after the end, when everything was taken.
    func next() async -> String? {
        while true {
            let (text, isFinished, senders) = take()
            for sender in senders { sender.resume() }
            if let text { return text }
            if isFinished { return nil }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let waits = state.withLock { state in
                        guard state.frames.isEmpty, !state.isFinished else { return false }
                        state.reader = continuation
                        return true
                    }
                    if !waits { continuation.resume() }
                }
            } onCancel: {
                finish()
            }
        }
    }

    /// No more is taken; what waits is still given to the reader.
    func finish() {
        let woken = state.withLock { state in
            state.isFinished = true
            defer { (state.reader, state.senders) = (nil, [:]) }
            return [state.reader].compactMap(\.self) + state.senders.values
        }
        for continuation in woken { continuation.resume() }
    }

    var isFinished: Bool { state.withLock(\.isFinished) }

    var isEmpty: Bool { state.withLock(\.frames.isEmpty) }

    private func hasRoom(_ state: State, for frame: String) -> Bool {
        // A frame larger than the limit goes alone.
        state.frames.isEmpty || (state.frames.count < limits.events && state.bytes + frame.utf8.count <= limits.bytes)
    }

    private func take() -> (String?, isFinished: Bool, [CheckedContinuation<Void, Never>]) {
        state.withLock { state in
            let text = state.frames.isEmpty ? nil : state.frames.joined()
            state.frames.removeAll(keepingCapacity: true)
            state.bytes = 0
            defer { state.senders = [:] }
            return (text, state.isFinished, Array(state.senders.values))
        }
    }

    private func roomOrEnd(for frame: String) async {
        let id = state.withLock { state in
            state.nextSender += 1
            return state.nextSender
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !state.isFinished, !hasRoom(state, for: frame), !Task.isCancelled else { return false }
                    state.senders[id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.senders.removeValue(forKey: id) }?.resume()
        }
    }
}
