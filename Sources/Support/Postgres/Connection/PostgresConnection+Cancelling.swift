import CPostgres

/// Cancelling in the server. A cancel request hits whatever the session runs when it arrives, so it is sent only when
/// its batch is the one that runs, and nothing new is sent until it has arrived.
extension PostgresConnection {
    func cancel(_ id: UInt64) {
        let cancelled = Batch.Outcome.failed(PostgresError(.cancelled, "the calling task was cancelled"), .final)
        if let index = heldBack.firstIndex(where: { $0.id == id }) {
            heldBack.remove(at: index).reply.resume(returning: cancelled)
        } else if let index = inFlight.firstIndex(where: { $0.id == id }), !inFlight[index].cancelRequested {
            inFlight[index].cancelRequested = true
            if index == 0 { return sendCancel() }
            // Others are before it: its caller need not wait for them. It is cancelled when its turn comes.
            inFlight[index].reply?.resume(returning: cancelled)
            inFlight[index].reply = nil
        }
    }

    func sendCancel() {
        guard let handle, let request = PQgetCancel(handle.pointer) else { return }
        cancelsUnderWay += 1
        for index in inFlight.indices { inFlight[index].exposedToCancel = true }
        let cancel = CancelRequest(request)
        let isSent = onOwnThread { [loop] in
            cancel.send()
            loop.execute { self.assumeIsolated { $0.cancelArrived() } }
        }
        if !isSent { cancelArrived() }
    }

    private func cancelArrived() {
        cancelsUnderWay -= 1
        while cancelsUnderWay == 0, !heldBack.isEmpty { send(heldBack.removeFirst()) }
    }
}

/// Owns a PGcancel, which libpq allows on any thread.
private final class CancelRequest: @unchecked Sendable {
    // Unchecked: immutable, used by one thread, freed once.
    private let pointer: OpaquePointer
    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQfreeCancel(pointer) }

    /// Returns when the server has dealt with it. A request that fails leaves the query to its timeout.
    func send() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &message, Int32(message.count))
    }
}
