import DeployTargets
import Drivers
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle

/// Takes orders, does each key once, answers with what is known (architecture.md section 4).
///
/// The order is a row before anything happens; the work itself runs here, bounded, and writes its result `WHERE owner = mine`. Whoever
/// asks the same key again attaches to it.
final class ActionDesk: Service {
    struct Limits: Sendable {
        /// Actions at a time; more wait in the queue.
        var concurrent = 32
        /// Orders that wait; more are refused with 503.
        var queued = 256
        var heartbeatSeconds = 2.0
        /// Without a heartbeat for this long an action's owner is lost.
        var leaseSeconds = 4.0
        /// The longest that one action may take.
        var actionSeconds = 3600.0
    }

    private struct Job: Sendable {
        var key: ActionKey
        var request: ActionRequest
        var recovering: Bool
    }

    private let database: PostgresPool
    private let resources: ResourceActions
    private let workloads: WorkloadActions
    private let journal: DriverJournal
    private let owner: ActionOwner
    private let limits: Limits
    private let logger: Logger
    private let running = RunningActions()
    private let jobs: AsyncStream<Job>
    private let intake: AsyncStream<Job>.Continuation

    init(
        database: PostgresPool, resources: ResourceActions, workloads: WorkloadActions, journal: DriverJournal,
        owner: ActionOwner, limits: Limits = Limits(), logger: Logger
    ) {
        self.database = database
        self.resources = resources
        self.workloads = workloads
        self.journal = journal
        self.owner = owner
        self.limits = limits
        self.logger = logger
        (jobs, intake) = AsyncStream.makeStream(of: Job.self, bufferingPolicy: .bufferingOldest(limits.queued))
    }

    /// Does the queued actions until the program ends. On a graceful shutdown it stops taking new ones; those that run are left to
    /// the next process, which finds them by their rows and marks.
    func run() async throws {
        await withDiscardingTaskGroup { group in
            let slots = AsyncSlots(limits.concurrent)
            for await job in jobs.cancelOnGracefulShutdown() {
                await slots.take()
                group.addTask {
                    await self.perform(job)
                    slots.give()
                }
            }
        }
    }

    /// The answer to an order.
    enum Answer: Sendable {
        case reply(ActionReply)
        case fenced(highest: Int64)
        case busy
    }

    /// Takes an order and waits up to `wait` for news of it: its end, or progress other than `seen`.
    func order(_ key: ActionKey, _ request: ActionRequest, wait: Duration, seen: String?) async throws -> Answer {
        let standing = try await database.withOrg(request.environment.orgID) { [owner, limits] transaction in
            try await ActionStore.order(
                key, fence: request.fence, owner: owner, leaseSeconds: limits.leaseSeconds, transaction)
        }
        let name = Self.name(key, request)
        switch standing {
        case .fenced(let highest): return .fenced(highest: highest)
        case .ended(let reply): return .reply(reply)
        case .begin(let recovering):
            try await RunnerFaults.afterAccept.reach()
            guard start(name, Job(key: key, request: request, recovering: recovering)) else { return .busy }
        case .running:
            // Ours by its row, and yet nobody here does it: the queue was full when it was ordered.
            if await running.next(name, after: seen, timeout: .zero) == nil,
                try await isOurs(key, request), !start(name, Job(key: key, request: request, recovering: true))
            {
                return .busy
            }
        }
        if let reply = await running.next(name, after: seen, timeout: wait), reply.state != .running { return .reply(reply) }
        return .reply(try await newest(key, request, name))
    }

    private func newest(_ key: ActionKey, _ request: ActionRequest, _ name: String) async throws -> ActionReply {
        let stored = try await database.withOrg(request.environment.orgID) { transaction in
            try await ActionStore.reply(key, transaction)
        }
        if let stored { return stored }
        return await running.next(name, after: "", timeout: .zero) ?? ActionReply(state: .running)
    }

    private func isOurs(_ key: ActionKey, _ request: ActionRequest) async throws -> Bool {
        try await database.withOrg(request.environment.orgID) { [owner] transaction in
            try await ActionStore.heartbeat(key, owner: owner, transaction)
        }
    }

    private func start(_ name: String, _ job: Job) -> Bool {
        guard running.begin(name) else { return true }
        if case .enqueued = intake.yield(job) { return true }
        running.end(name, nil)
        return false
    }

    private func perform(_ job: Job) async {
        let name = Self.name(job.key, job.request)
        let mask = journal.mask(for: job.key, job.request)
        let listener = ResourceActions.Listener(
            progress: { [running] line in running.progress(name, mask.masked(line)) },
            log: { line in mask.log(line) },
            learn: { secrets in mask.learn(secrets) })
        let reply = await withHeartbeat(job) {
            await self.outcome(job, listener, mask)
        }
        guard let reply else {
            running.end(name, nil)
            return
        }
        await record(reply, job, name)
    }

    /// What came of it; failures become replies, with every secret masked. Nil when the row is to stay as it is, for another attempt
    /// of the same key.
    private func outcome(
        _ job: Job, _ listener: ResourceActions.Listener, _ mask: DriverJournal.Mask
    ) async -> ActionReply? {
        do {
            let reply: ActionReply
            switch job.request.work {
            case .resource(let work):
                reply = try await resources.perform(
                    job.key, work, job.request, recovering: job.recovering, listener)
            case .workload(let work):
                reply = try await workloads.perform(job.key, work, job.request, listener)
            case .environment:
                reply = try await workloads.removeEnvironment(job.request.environment)
            }
            try await RunnerFaults.beforeResult.reach()
            return reply
        } catch {
            logger.warning(
                "action failed", metadata: ["action": "\(job.key)", "cause": "\(mask.masked(String(describing: error)))"])
            return ActionReply.failure(of: error, masked: mask.masked)
        }
    }

    private func record(_ reply: ActionReply, _ job: Job, _ name: String) async {
        do {
            let kept = try await database.withOrg(job.request.environment.orgID) { [owner] transaction in
                try await ActionStore.finish(job.key, owner: owner, reply: reply, transaction)
            }
            if !kept { logger.warning("another runner has taken the action over", metadata: ["action": "\(job.key)"]) }
            try await RunnerFaults.afterResult.reach()
            running.end(name, kept ? reply : nil)
        } catch {
            // The row still says running: the orchestrator asks again, and the action is done again by its key.
            logger.error("result not recorded", metadata: ["action": "\(job.key)", "cause": "\(error)"])
            running.end(name, nil)
        }
    }

    /// Runs the body while a heartbeat is kept. The body is cancelled when the row is no longer ours, or at the deadline.
    private func withHeartbeat(_ job: Job, _ body: @escaping @Sendable () async -> ActionReply?) async -> ActionReply? {
        await withTaskGroup(of: ActionReply?.self) { group in
            group.addTask(operation: body)
            group.addTask { [limits] in
                let deadline = ContinuousClock.now + .seconds(limits.actionSeconds)
                while !Task.isCancelled, ContinuousClock.now < deadline {
                    try? await Task.sleep(for: .seconds(limits.heartbeatSeconds))
                    if Task.isCancelled { return nil }
                    // A database that is away for a while does not end the work: whoever takes over is fenced by `owner`.
                    guard let ours = try? await self.isOurs(job.key, job.request) else { continue }
                    if !ours { return nil }
                }
                return ActionReply(
                    state: .unknown,
                    failure: ActionFailure(
                        code: "RUN-004",
                        message: "the action took longer than \(Int(limits.actionSeconds)) s; its outcome is not known",
                        retryable: false))
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    private static func name(_ key: ActionKey, _ request: ActionRequest) -> String {
        "\(request.environment.orgID)/\(key)"
    }
}
