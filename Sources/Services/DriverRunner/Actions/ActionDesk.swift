import DeployTargets
import Drivers
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle
import ServiceRuntime
import Synchronization

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
        /// The longest that one action may take; a workload's own timeout is added.
        var actionSeconds = 3600.0
        /// How long an action that was told to stop may take to do so.
        var stopSeconds = 10.0
        /// How long running actions may go on after a shutdown was asked for.
        var drainSeconds = 19.0
    }

    /// An action that has its place here.
    final class Job: Sendable {
        let key: ActionKey
        let request: ActionRequest
        let recovering: Bool
        /// Since when it is worked on; nil while it waits for its turn.
        let begun = Mutex<ContinuousClock.Instant?>(nil)
        /// When its last heartbeat was sent that the database took; nil where it has no row.
        let renewed = Mutex<ContinuousClock.Instant?>(nil)
        /// Why it was told to stop, and when; nil while it was not.
        let stop: Mutex<(reason: String, at: ContinuousClock.Instant)?>

        init(key: ActionKey, request: ActionRequest, recovering: Bool, stop: String? = nil) {
            self.key = key
            self.request = request
            self.recovering = recovering
            self.stop = Mutex(stop.map { ($0, .now) })
        }

        func tellToStop(_ reason: String) { stop.withLock { $0 = $0 ?? (reason, .now) } }

        var name: String { ActionDesk.name(key, request) }
    }

    let database: PostgresPool
    let resources: ResourceActions
    let workloads: WorkloadActions
    let journal: DriverJournal
    let owner: ActionOwner
    let limits: Limits
    let logger: Logger
    let running: RunningActions
    let slots: AsyncSlots
    let ledger: ActionLedger
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
        running = RunningActions(places: limits.concurrent + limits.queued)
        slots = AsyncSlots(limits.concurrent)
        ledger = ActionLedger(database: database, owner: owner, leaseSeconds: limits.leaseSeconds)
        // Bounded by the places: every job in it has one.
        (jobs, intake) = AsyncStream.makeStream(of: Job.self)
    }

    /// Does what was ordered until the program ends. On a graceful shutdown nothing new is begun, and what runs has its time to end;
    /// what does not is left to the next process, which finds it by its row and its mark.
    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { group in
                    for await job in self.jobs.cancelOnGracefulShutdown() {
                        group.addTask {
                            await FaultVerb.during(job.key.verb.rawValue, of: job.key.node) { await self.perform(job) }
                        }
                    }
                }
            }
            group.addTask { [limits] in
                do {
                    try await gracefulShutdown()
                    try await Task.sleep(for: .seconds(limits.drainSeconds))
                } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// The answer to an order.
    enum Answer: Sendable {
        case reply(ActionReply)
        case fenced(highest: Int64)
        case busy
        /// It is for the runner of another host: what it is about is there.
        case ofHost(String)
    }

    /// How often an action of another host is looked at.
    private static let look = Duration.milliseconds(500)

    /// Takes an order and waits up to `wait` for news of it: its end, or progress other than `seen`. A shutdown ends the wait.
    ///
    /// - Parameter stop: why the action is to stop; nil: it is to be done.
    /// - Throws: `RUN-001` for an order that makes no sense; nothing is kept of it.
    func order(
        _ key: ActionKey, _ request: ActionRequest, wait: Duration, seen: String?, stop: String? = nil
    ) async throws -> Answer {
        try OrderCheck.check(key, request)
        if request.work.isLocal, case let home = try await home(of: request, key), home != owner.host {
            return .ofHost(home)
        }
        let deadline = ContinuousClock.now + wait
        while true {
            if let answer = try await take(key, request, until: deadline, seen: seen, stop: stop) { return answer }
            let rest = deadline - ContinuousClock.now
            guard rest > .zero else { return .reply(ActionReply(state: .running)) }
            let interrupted = await cancelWhenGracefulShutdown {
                do { try await Task.sleep(for: min(rest, Self.look)) } catch { return true }
                return false
            }
            if interrupted { return .reply(ActionReply(state: .running)) }
        }
    }

    /// The host whose containers and routes are the environment's.
    private func home(of request: ActionRequest, _ key: ActionKey) async throws -> String {
        let environment = request.environment
        return try await database.withOrg(environment.orgID) { [owner] transaction in
            if let known = try await EnvironmentHostStore.find(environment, transaction) { return known }
            // Asked for again when the environment is gone: a later one of its name must find no place taken.
            if try await ActionStore.isSettled(key, fence: request.fence, transaction) { return owner.host }
            return try await EnvironmentHostStore.host(of: environment, orElse: owner.host, transaction)
        }
    }

    /// Nil while another host is at it.
    private func take(
        _ key: ActionKey, _ request: ActionRequest, until deadline: ContinuousClock.Instant, seen: String?, stop: String?
    ) async throws -> Answer? {
        let name = Self.name(key, request)
        // The place comes before the row: a row is made only for what can be done here, and whoever has the place does it.
        let admission = running.admit(name)
        var isPlaceTaken = admission != .admitted
        defer { if !isPlaceTaken { running.end(name, nil) } }
        let standing = try await standing(key, request, mayTake: admission != .full, stop: stop)
        switch standing {
        case .fenced(let highest): return .fenced(highest: highest)
        case .ended(let reply): return .reply(reply)
        case .elsewhere: return nil
        case .free: return .busy
        case .mine(let recovering, let stop):
            try await FaultVerb.during(stop == nil ? key.verb.rawValue : "stop", of: key.node) {
                try await RunnerFaults.afterAccept.reach()
            }
            if admission == .full { return .busy }
            if admission == .admitted {
                let job = Job(
                    key: key, request: request, recovering: recovering || request.mayBeDone == true, stop: stop)
                guard case .enqueued = intake.yield(job) else { return .busy }
                isPlaceTaken = true
            } else if let stop {
                running.stop(name, stop)
            }
        }
        let rest = max(deadline - ContinuousClock.now, .zero)
        let heard = await cancelWhenGracefulShutdown { [running] in await running.next(name, after: seen, timeout: rest) }
        if let heard, heard.state != .running { return .reply(heard) }
        return .reply(try await newest(key, request, name))
    }

    private func standing(
        _ key: ActionKey, _ request: ActionRequest, mayTake: Bool, stop: String?
    ) async throws -> ActionStore.Standing {
        let org = request.environment.orgID
        guard let stop else {
            return try await ledger.order(
                .init(key: key, fence: request.fence, mayTake: mayTake), org: org)
        }
        return try await database.withOrg(org) { [owner, limits] transaction in
            try await ActionStore.order(
                key, fence: request.fence, owner: owner, leaseSeconds: limits.leaseSeconds, mayTake: mayTake, stop: stop,
                transaction)
        }
    }

    private func newest(_ key: ActionKey, _ request: ActionRequest, _ name: String) async throws -> ActionReply {
        let stored = try await database.withOrg(request.environment.orgID) { transaction in
            try await ActionStore.reply(key, transaction)
        }
        if let stored { return stored }
        return running.newest(name) ?? ActionReply(state: .running)
    }

    private static func name(_ key: ActionKey, _ request: ActionRequest) -> String {
        "\(request.environment.orgID)/\(key)"
    }
}

extension ActionWork {
    /// Drivers whose effect is on the machine that the runner is on.
    private static let localDrivers: Set = ["martlet/route", "humanitec/route", "martlet/volume", "humanitec/volume"]

    /// What it is about is on one host: containers, routes, volumes.
    var isLocal: Bool {
        switch self {
        case .workload, .environment: true
        case .resource(let work): Self.localDrivers.contains(work.driverType)
        }
    }
}
