import NIOCore
import Synchronization

/// What waits for one reader of a stream, already as bytes: bounded in number and size. Many may send, one reads.
final class EventQueue: Sendable {
    private struct State {
        var frames: [ByteBuffer] = []
        var bytes = 0
        var isFinished = false
        var isBroken = false
        var reader: CheckedContinuation<Void, Never>?
        var senders: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextSender: UInt64 = 0
    }

    private let state = Mutex(State())
    private let limits: StreamLimits

    init(limits: StreamLimits) { self.limits = limits }

    /// Adds a frame if there is room. False when there is none or the stream has ended.
    func offer(_ frame: ByteBuffer) -> Bool {
        let (taken, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isFinished, hasRoom(state, for: frame) else { return (false, nil) }
            state.frames.append(frame)
            state.bytes += frame.readableBytes
            defer { state.reader = nil }
            return (true, state.reader)
        }
        reader?.resume()
        return taken
    }

    /// Adds a frame, waiting while there is no room. Throws when the stream has ended.
    func send(_ frame: ByteBuffer) async throws(CancellationError) {
        while !offer(frame) {
            if Task.isCancelled || isFinished { throw CancellationError() }
            await roomOrEnd(for: frame)
        }
    }

    /// All that waits, in one piece; nil after the end, when everything was taken.
    func next() async -> ByteBuffer? {
        while true {
            let (bytes, isFinished, senders) = take()
            for sender in senders { sender.resume() }
            if let bytes { return bytes }
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

    /// No more is taken, and what was is not all: the body must not look complete.
    func fail() {
        state.withLock { $0.isBroken = true }
        finish()
    }

    var isBroken: Bool { state.withLock(\.isBroken) }

    var isFinished: Bool { state.withLock(\.isFinished) }

    var isEmpty: Bool { state.withLock(\.frames.isEmpty) }

    private func hasRoom(_ state: State, for frame: ByteBuffer) -> Bool {
        // A frame larger than the limit goes alone.
        state.frames.isEmpty || (state.frames.count < limits.events && state.bytes + frame.readableBytes <= limits.bytes)
    }

    private func take() -> (ByteBuffer?, isFinished: Bool, [CheckedContinuation<Void, Never>]) {
        state.withLock { state in
            var frames = state.frames[...], bytes = frames.popFirst()
            for frame in frames { bytes?.writeImmutableBuffer(frame) }
            state.frames.removeAll(keepingCapacity: true)
            state.bytes = 0
            defer { state.senders = [:] }
            return (bytes, state.isFinished, Array(state.senders.values))
        }
    }

    private func roomOrEnd(for frame: ByteBuffer) async {
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
