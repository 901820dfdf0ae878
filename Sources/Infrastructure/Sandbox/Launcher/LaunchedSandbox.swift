import NIOPosix
import Synchronization

/// Sandboxes made by `martlet-sandbox` at a Unix socket: the runner itself cannot start a program.
package final class LaunchedSandbox: Sandbox {
    private let path: String
    /// One thread for each job that runs; further ones wait for it.
    private let threads: NIOThreadPool
    /// How often a launcher that has no place is asked again, and the pause.
    private static let attempts = 100, pause: Duration = .milliseconds(300)

    /// - Parameters:
    ///   - socket: the launcher's.
    ///   - jobs: how many run at a time; at most as many as the launcher takes.
    package init(socket: String, jobs: Int) {
        path = socket
        threads = NIOThreadPool(numberOfThreads: jobs)
        threads.start()
    }

    deinit { threads.shutdownGracefully { _ in } }

    package func run(
        _ job: SandboxJob, output: @escaping @Sendable (SandboxOutput) -> Void
    ) async throws(SandboxError) -> SandboxResult {
        let request = try LauncherRequest(job).bytes
        for _ in 1..<Self.attempts {
            if let result = try await attempt(job, request, output) { return result }
            // Cancelled while it waits: the next attempt says so.
            try? await Task.sleep(for: Self.pause)
        }
        guard let result = try await attempt(job, request, output) else {
            throw SandboxError(
                "the launcher at \(path) has as many jobs as it takes; raise its limit, or try later", isTransient: true)
        }
        return result
    }

    /// Nil when the launcher is busy.
    private func attempt(
        _ job: SandboxJob, _ request: [UInt8], _ output: @escaping @Sendable (SandboxOutput) -> Void
    ) async throws(SandboxError) -> SandboxResult? {
        if Task.isCancelled { return SandboxResult(ending: .cancelled) }
        let connection = LauncherConnection(path: path)
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let listeners = ListenerBox()
        let conversation = Conversation(output: output)
        let outcome = await withTaskGroup(of: Result<Void, SandboxError>?.self) { group in
            group.addTask {
                for await _ in arrivals {
                    if let loopback = job.loopback, let listener = listeners.take() { await loopback.serve(listener) }
                }
                return nil
            }
            let threads = threads
            group.addTask {
                defer { arrived.finish() }
                return await withTaskCancellationHandler {
                    await Self.onThread(of: threads) { () throws(SandboxError) in
                        try connection.converse(
                            request, wallSeconds: job.limits.wallSeconds, conversation.hear,
                            listener: {
                                listeners.put($0)
                                arrived.yield()
                            })
                    }
                } onCancel: {
                    connection.cancel()
                }
            }
            var outcome: Result<Void, SandboxError> = .success(())
            while let next = await group.next() {
                guard let next else { continue }
                outcome = next
                group.cancelAll()
            }
            return outcome
        }
        try outcome.get()
        return try conversation.result(isCancelled: connection.isCancelled, path: path)
    }

    private static func onThread(
        of threads: NIOThreadPool, _ body: @escaping @Sendable () throws(SandboxError) -> Void
    ) async -> Result<Void, SandboxError> {
        do {
            return try await threads.runIfActive {
                do throws(SandboxError) {
                    try body()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            // The pool does not take a job whose task is cancelled before its turn.
            return .success(())
        }
    }
}
