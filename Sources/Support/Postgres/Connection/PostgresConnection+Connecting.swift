import CPostgres
import Glibc

extension PostgresConnection {
    func open(_ parameters: [(keyword: String, value: String)], within limit: Duration) async throws(PostgresError) {
        let (started, starter) = AsyncStream.makeStream(of: LibpqHandle.self, bufferingPolicy: .bufferingOldest(1))
        // The name lookup inside may block.
        let hasThread = onOwnThread {
            if let pointer = startConnecting(parameters) { starter.yield(LibpqHandle(pointer)) }
            starter.finish()
        }
        if !hasThread { starter.finish() }
        handle = await started.first { _ in true }
        guard let handle, PQstatus(handle.pointer) != CONNECTION_BAD else {
            let message = handle?.message ?? "libpq could not start"
            fail(PostgresError(.connection, message))
            throw PostgresError(.connection, message)
        }
        // Notices would go to stderr, and may quote data.
        PQsetNoticeReceiver(handle.pointer, { _, _ in }, nil)
        let failure = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                phase = .connecting(continuation)
                startConnectTimer(limit)
                // As if PQconnectPoll had just asked for a writable socket (libpq documentation, 34.1).
                watchConnect(EventLoop.writable)
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.fail(PostgresError(.cancelled, "while connecting")) } }
        }
        if let failure { throw failure }
    }

    private func startConnectTimer(_ limit: Duration) {
        loop.after(limit) { [weak self] in
            self?.assumeIsolated {
                guard case .connecting = $0.phase else { return }
                $0.fail(PostgresError(.timeout, "no connection within \(limit)"))
            }
        }
    }

    /// libpq may change the socket between two polls, so it is watched anew each time.
    private func watchConnect(_ events: UInt32) {
        guard let handle else { return }
        descriptor = PQsocket(handle.pointer)
        let isWatched = loop.watch(descriptor, events) { [weak self] _ in
            self?.assumeIsolated { $0.pollConnect() }
        }
        if !isWatched { fail(PostgresError(.connection, "epoll refused the socket, errno \(errno)")) }
    }

    private func pollConnect() {
        guard case .connecting(let continuation) = phase, let handle else { return }
        loop.unwatch(descriptor)
        switch PQconnectPoll(handle.pointer) {
        case PGRES_POLLING_READING: watchConnect(EventLoop.readable)
        case PGRES_POLLING_WRITING: watchConnect(EventLoop.writable)
        case PGRES_POLLING_OK:
            guard PQsetnonblocking(handle.pointer, 1) == 0, PQenterPipelineMode(handle.pointer) == 1 else {
                return fail(PostgresError(.connection, handle.message))
            }
            descriptor = PQsocket(handle.pointer)
            let isWatched = loop.watch(descriptor, EventLoop.readable) { [weak self] events in
                self?.assumeIsolated { $0.ready(events) }
            }
            guard isWatched else { return fail(PostgresError(.connection, "epoll refused the socket, errno \(errno)")) }
            phase = .ready
            continuation.resume(returning: nil)
        default:
            fail(PostgresError(.connection, handle.message))
        }
    }

    /// Ends the connection: everything on its way gets `error`.
    func fail(_ error: PostgresError) {
        let before = phase
        if case .closed = before { return }
        phase = .closed(error)
        if descriptor >= 0 { loop.unwatch(descriptor) }
        descriptor = -1
        handle = nil
        let batches = inFlight, requests = heldBack, observers = closeObservers
        inFlight = []
        heldBack = []
        closeObservers = []
        switch before {
        case .connecting(let continuation), .script(_, let continuation, _): continuation.resume(returning: error)
        case .copying(let run): run.reply.resume(returning: .failure(error))
        default: break
        }
        for batch in batches { batch.reply?.resume(returning: .failed(error, .final)) }
        var unsent = error
        unsent.notSent = true
        for request in requests { request.reply.resume(returning: .failed(unsent, .final)) }
        for observer in observers { observer() }
    }
}

private func startConnecting(_ parameters: [(keyword: String, value: String)]) -> OpaquePointer? {
    var keywords = parameters.map { strdup($0.keyword) } + [nil]
    var values = parameters.map { strdup($0.value) } + [nil]
    defer { for text in keywords + values { free(text) } }
    return keywords.withUnsafeMutableBufferPointer { keywords in
        values.withUnsafeMutableBufferPointer { values in
            keywords.withMemoryRebound(to: UnsafePointer<CChar>?.self) { keywords in
                values.withMemoryRebound(to: UnsafePointer<CChar>?.self) { values in
                    PQconnectStartParams(keywords.baseAddress, values.baseAddress, 0)
                }
            }
        }
    }
}
