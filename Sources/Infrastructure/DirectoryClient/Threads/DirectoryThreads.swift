import Glibc

/// A few threads of their own for libldap's blocking calls, which must never hold up the cooperative pool.
///
/// Each owns one session. Jobs wait in a bounded queue.
final class DirectoryThreads: Sendable {
    private let queue: DirectoryQueue

    init(_ configuration: DirectoryConfiguration, threads: Int = 4, capacity: Int = 64) {
        queue = DirectoryQueue(capacity: capacity)
        let servers = ServerPool(count: configuration.urls.count)
        for _ in 0..<threads { Self.start(Work(configuration: configuration, servers: servers, queue: queue)) }
    }

    deinit { queue.stop() }

    /// False when the queue is full or the threads have stopped.
    func submit(_ interruption: Interruption, _ job: @escaping DirectoryQueue.Job) -> Bool {
        queue.add(.init(interruption: interruption, job: job))
    }

    /// Ends the threads when they are done with what they do; waiting jobs are dropped.
    func stop() { queue.stop() }

    private final class Work: Sendable {
        let configuration: DirectoryConfiguration
        let servers: ServerPool
        let queue: DirectoryQueue

        init(configuration: DirectoryConfiguration, servers: ServerPool, queue: DirectoryQueue) {
            self.configuration = configuration
            self.servers = servers
            self.queue = queue
        }

        func run() {
            // Writing to a server that is gone is an error of that write, whatever the program does with SIGPIPE elsewhere.
            var signals = sigset_t()
            sigemptyset(&signals)
            sigaddset(&signals, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &signals, nil)
            let session = DirectorySession(configuration, servers: servers)
            while let entry = queue.next() { session.perform(entry.interruption, entry.job) }
        }
    }

    private static func start(_ work: Work) {
        let argument = Unmanaged.passRetained(work).toOpaque()
        var thread = pthread_t()
        let created = pthread_create(&thread, nil, runWork, argument)
        guard created == 0 else {
            Unmanaged<Work>.fromOpaque(argument).release()
            return
        }
        pthread_detach(thread)
    }

    private static let runWork: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
    }
}
