import Logging
import ServiceLifecycle
import Synchronization

/// A bounded pool of connections. Single statements of many callers are pipelined on a few shared connections;
/// transactions get a connection each. Connections are opened when needed and again, with back-off, after a loss.
///
/// It does its work in `run()`; start it before, and stop it after, the services that use it.
package final class PostgresPool: Service {
    typealias State = PoolState<PostgresConnection, Waiter>
    typealias Lease = State.Lease

    /// A caller in the queue.
    struct Waiter: Sendable {
        let continuation: CheckedContinuation<Result<Lease, PostgresError>, Never>
    }

    /// How long running work may take to end after a shutdown was asked for.
    private static let shutdownGrace: Duration = .seconds(20)

    let configuration: PostgresConfiguration
    let listener: NotificationListener
    let auditGate = AuditGate()
    private let logger: Logger
    private let state: Mutex<State>
    private let lastID = Atomic<UInt64>(0)
    private let opened = Atomic<Int>(0)
    private let wakeups: [(stream: AsyncStream<Void>, continuation: AsyncStream<Void>.Continuation)]

    package init(_ configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        let initial = State(
            shared: configuration.sharedConnections, exclusive: configuration.transactionConnections,
            depth: configuration.pipelineDepth, maximumWaiting: configuration.maximumWaiting)
        wakeups = (0..<initial.slotCount).map { _ in AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }
        state = Mutex(initial)
        listener = NotificationListener(configuration, logger: logger)
    }

    /// Runs a pool for as long as `body` runs: for tools and tests; services give theirs to a ServiceGroup.
    package static func with<Result: Sendable>(
        _ configuration: PostgresConfiguration, logger: Logger,
        _ body: @Sendable @escaping (PostgresPool) async throws -> Result
    ) async throws -> Result {
        let pool = PostgresPool(configuration, logger: logger)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                await pool.run()
                return nil
            }
            group.addTask { try await body(pool) }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
            }
            throw PostgresError(.connection, "the pool stopped before its work was done")
        }
    }

    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for slot in wakeups.indices { group.addTask { await self.keep(slot) } }
                group.addTask { await self.listener.run() }
                group.addTask { await self.closeIdle() }
                perform(state.withLock { $0.start() })
            }
        } onCancelOrGracefulShutdown: {
            self.stop()
        }
    }

    /// How many connections were opened so far. While it stays the same, every statement goes to the server that was there when it was
    /// read: a connection never changes its server.
    package var openings: Int { opened.load(ordering: .acquiring) }

    // MARK: Leases

    func acquire(_ purpose: State.Purpose) async throws(PostgresError) -> Lease {
        let id = lastID.wrappingAdd(1, ordering: .relaxed).newValue
        let loop = try EventLoop.shared.get()
        let cancelled = PostgresError(.cancelled, "while waiting for a connection")
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Lease, PostgresError>, Never>) in
                let actions = state.withLock { $0.acquire(purpose, id: id, Waiter(continuation: continuation)) }
                perform(actions)
                if case .serve? = actions.first { return }
                // Cancelled before the caller stood in the queue: nobody would tell it.
                if Task.isCancelled { return perform(state.withLock { $0.giveUp(id, because: cancelled) }) }
                loop.after(configuration.acquireTimeout) { [weak self] in self?.expire(id) }
            }
        } onCancel: {
            perform(state.withLock { $0.giveUp(id, because: cancelled) })
        }
        return try result.get()
    }

    func release(_ lease: Lease, isUsable: Bool = true) {
        perform(state.withLock { $0.release(lease, at: .now, isUsable: isUsable) })
    }

    private func expire(_ id: UInt64) {
        perform(
            state.withLock { state in
                let limit = configuration.acquireTimeout
                let error = state.lastFailure.map { PostgresError(.connection, "no connection within \(limit): \($0.message)") }
                return state.giveUp(
                    id, because: error ?? PostgresError(.poolExhausted, "every connection was busy for \(limit)"))
            })
    }

    private func perform(_ actions: [State.Action]) {
        for action in actions {
            switch action {
            case .serve(let waiter, let lease):
                waiter.continuation.resume(returning: .success(lease))
            case .refuse(let waiter, let error): waiter.continuation.resume(returning: .failure(error))
            case .open(let slot): wakeups[slot].continuation.yield()
            case .close(let connection): connection.loop.execute { connection.assumeIsolated { $0.close() } }
            }
        }
    }

    // MARK: Slots

    /// One slot's life: wait until wanted, connect, serve until the connection is lost, again.
    private func keep(_ slot: Int) async {
        for await _ in wakeups[slot].stream {
            var attempt = 0
            repeat {
                do throws(PostgresError) {
                    let connection = try await PostgresConnection.connect(configuration)
                    opened.add(1, ordering: .acquiringAndReleasing)
                    if attempt > 0 { logger.info("connected to PostgreSQL again", metadata: ["attempts": "\(attempt + 1)"]) }
                    attempt = 0
                    perform(state.withLock { $0.opened(slot, connection, at: .now) })
                    await connection.untilClosed()
                } catch {
                    logger.warning("no connection to PostgreSQL", metadata: ["error": "\(error)", "attempt": "\(attempt + 1)"])
                    state.withLock { $0.failed(slot, error) }
                    await pause(after: attempt)
                    attempt += 1
                }
            } while state.withLock { $0.closed(slot) }
        }
    }

    private func pause(after attempt: Int) async {
        let longest = min(5000, 50 << min(attempt, 7))
        // Jitter, so that slots and services do not come back in step. Both ways of being stopped end the pause.
        try? await cancelWhenGracefulShutdown {
            try await Task.sleep(for: .milliseconds(Int.random(in: longest / 2...longest)))
        }
    }

    private func closeIdle() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: min(.seconds(10), self.configuration.idleTimeout))
                self.perform(self.state.withLock { $0.idle(since: .now - self.configuration.idleTimeout) })
            }
        }
    }

    private func stop() {
        perform(state.withLock { $0.stop() })
        for wakeup in wakeups { wakeup.continuation.finish() }
        listener.stop()
        guard let loop = try? EventLoop.shared.get() else { return }
        loop.after(Self.shutdownGrace) { [weak self] in
            guard let self else { return }
            for connection in state.withLock({ $0.connections }) { connection.assumeIsolated { $0.close() } }
        }
    }
}
