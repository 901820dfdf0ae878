import CShims
import Glibc
import Synchronization

/// One thread that waits on sockets with epoll, runs timers and executes the actors that live on it.
/// A connection's actor and its readiness callbacks share the thread, so libpq needs no lock and no hop.
final class EventLoop: SerialExecutor, @unchecked Sendable {
    // Unchecked: `watchers` and `generation` are touched on the loop's thread only; the rest is locked or constant.

    /// The loop of this process. It lives as long as the process does.
    static let shared = Result { () throws(PostgresError) -> EventLoop in try EventLoop() }

    private struct Shared {
        var jobs: [UnownedJob] = []
        var timers = LoopTimers<@Sendable () -> Void>()
    }

    private struct Watcher {
        let generation: UInt32
        let handler: (UInt32) -> Void
    }

    static let readable = EPOLLIN.rawValue
    static let writable = EPOLLOUT.rawValue

    private let epoll: Int32
    private let wakeup: Int32
    private let thread = Atomic<UInt>(0)
    private let shared = Mutex(Shared())
    private var watchers: [Int32: Watcher] = [:]
    private var generation: UInt32 = 0

    init() throws(PostgresError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        var event = epoll_event(events: Self.readable, data: epoll_data_t(u64: UInt64(UInt32(bitPattern: wakeup))))
        guard epoll >= 0, wakeup >= 0, epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0 else {
            throw PostgresError(.connection, "no event loop: epoll or eventfd failed with errno \(errno)")
        }
        var handle = pthread_t()
        // The thread keeps the loop alive for good: the reference is never given back.
        let code = pthread_create(
            &handle, nil,
            { argument in
                if let argument { Unmanaged<EventLoop>.fromOpaque(argument).takeUnretainedValue().run() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else { throw PostgresError(.connection, "no event loop: no thread, errno \(code)") }
    }

    // MARK: Executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wake = shared.withLock {
            $0.jobs.append(job)
            return $0.jobs.count == 1
        }
        if wake { interrupt() }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func isIsolatingCurrentContext() -> Bool? { isLoopThread }
    func checkIsolated() { precondition(isLoopThread, "called away from the event loop") }

    private var isLoopThread: Bool { thread.load(ordering: .relaxed) == UInt(pthread_self()) }

    // MARK: Timers and calls from anywhere

    /// Runs `body` on the loop's thread after `delay`.
    @discardableResult
    func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        let deadline = ContinuousClock.now + delay
        let (id, isFirst) = shared.withLock { state in
            let id = state.timers.add(at: deadline, body)
            return (id, state.timers.next == deadline)
        }
        if isFirst { interrupt() }
        return id
    }

    /// Runs `body` on the loop's thread, after what is running there now.
    func execute(_ body: @escaping @Sendable () -> Void) { after(.zero, body) }

    func cancelTimer(_ id: UInt64) { shared.withLock { $0.timers.remove(id) } }

    // MARK: Sockets; on the loop's thread only

    /// Calls `handler` with the ready events for as long as `descriptor` is ready for any of `events`.
    func watch(_ descriptor: Int32, _ events: UInt32, _ handler: @escaping (UInt32) -> Void) -> Bool {
        generation &+= 1
        watchers[descriptor] = Watcher(generation: generation, handler: handler)
        // The kernel forgets a descriptor when it is closed, so only the kernel knows which of the two it is.
        return control(EPOLL_CTL_ADD, descriptor, events) || (errno == EEXIST && control(EPOLL_CTL_MOD, descriptor, events))
    }

    /// Changes what a watched descriptor waits for.
    func change(_ descriptor: Int32, to events: UInt32) -> Bool {
        guard watchers[descriptor] != nil else { return false }
        return control(EPOLL_CTL_MOD, descriptor, events)
    }

    func unwatch(_ descriptor: Int32) {
        guard watchers.removeValue(forKey: descriptor) != nil else { return }
        var event = epoll_event()
        _ = epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
    }

    private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32) -> Bool {
        // The generation tells events of this descriptor from those of an earlier one with the same number.
        let key = UInt64(watchers[descriptor]?.generation ?? 0) << 32 | UInt64(UInt32(bitPattern: descriptor))
        var event = epoll_event(events: events, data: epoll_data_t(u64: key))
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }

    // MARK: The thread

    private func interrupt() {
        guard !isLoopThread else { return }
        var one: UInt64 = 1
        _ = write(wakeup, &one, 8)
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events.prefix(Int(max(0, count))) { deliver(event) }
            let now = ContinuousClock.now
            for body in shared.withLock({ $0.timers.due(at: now) }) { body() }
            let jobs = shared.withLock { state in
                defer { state.jobs = [] }
                return state.jobs
            }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    private func deliver(_ event: epoll_event) {
        let descriptor = Int32(truncatingIfNeeded: event.data.u64)
        if descriptor == wakeup {
            var count: UInt64 = 0
            _ = read(wakeup, &count, 8)
        } else if let watcher = watchers[descriptor], UInt64(watcher.generation) == event.data.u64 >> 32 {
            watcher.handler(event.events)
        }
    }

    private func waitMilliseconds() -> Int32 {
        shared.withLock { state in
            guard state.jobs.isEmpty else { return 0 }
            guard let next = state.timers.next else { return -1 }
            let wait = next - ContinuousClock.now
            guard wait > .zero else { return 0 }
            let (seconds, attoseconds) = wait.components
            guard seconds < 3600 else { return 3_600_000 }
            return Int32(seconds) * 1000 + Int32(attoseconds / 1_000_000_000_000_000) + 1
        }
    }
}
