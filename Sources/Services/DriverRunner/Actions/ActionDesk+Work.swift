import Drivers
import FaultPoints
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// The work of one action: its turn, its heartbeat, its deadline, its result.
extension ActionDesk {
    private enum Ending: Sendable {
        /// Nil: the row stays as it is, for whoever asks next.
        case ended(ActionReply?)
        /// Another owner has it now.
        case lost
        case late
    }

    /// Does an action from its place in the queue to its place in the table.
    func perform(_ job: Job) async {
        await withTaskGroup(of: Ending.self) { group in
            group.addTask { .ended(await self.stoppable(job)) }
            group.addTask { await self.watch(job) }
            switch await group.next() {
            case .ended(let reply):
                if let reply { running.tell(job.name, reply) }
            case .late:
                group.cancelAll()
                // Told at once: a driver that hangs does not hear that it was cancelled, and keeps its slot, and its place.
                let reply = job.isStopped ? stopped(job, isDeaf: true) : Self.tooLate(limits.actionSeconds)
                if let reply = await record(reply, job) { running.tell(job.name, reply) }
            case .lost, nil: break
            }
            group.cancelAll()
        }
        // Once, and when nothing of it goes on: whoever asks for the same key then begins it anew.
        running.end(job.name, nil)
    }

    /// Keeps the heartbeat, from the order on, so that an action that waits for its turn is not taken for lost.
    private func watch(_ job: Job) async -> Ending {
        var allowed = limits.actionSeconds
        if case .workload(let work) = job.request.work { allowed += Double(max(work.timeoutSeconds, 0)) }
        while true {
            do { try await Task.sleep(for: .seconds(limits.heartbeatSeconds)) } catch { return .ended(nil) }
            if let begun = job.begun.withLock({ $0 }), ContinuousClock.now - begun > .seconds(allowed) { return .late }
            if let told = job.stop.withLock({ $0 }), ContinuousClock.now - told.at > .seconds(limits.stopSeconds) { return .late }
            // A database that is away for a while does not end an effect that has begun: whoever takes over is fenced by `owner`.
            switch try? await pulse(job) {
            case .toldToStop(let reason): running.stop(job.name, reason)
            case .lost:
                logger.warning("another runner has taken the action over", metadata: ["action": "\(job.key)"])
                return .lost
            case .ours, nil: break
            }
        }
    }

    private func pulse(_ job: Job) async throws -> ActionStore.Pulse {
        let now = ContinuousClock.now
        let pulse = try await database.withOrg(job.request.environment.orgID) { [owner] transaction in
            try await ActionStore.heartbeat(job.key, owner: owner, transaction)
        }
        if pulse != .lost { job.renewed.withLock { $0 = now } }
        return pulse
    }

    /// Right before an effect begins: nobody else may have taken the action over. Who is cut off from the database cannot tell, and begins
    /// nothing until it can.
    ///
    /// - Throws: `LostAction`; `CancellationError`.
    func renew(_ job: Job) async throws {
        guard let last = job.renewed.withLock({ $0 }), ContinuousClock.now - last > .seconds(limits.leaseSeconds / 2) else {
            return
        }
        while true {
            do {
                guard try await pulse(job) != .lost else { throw LostAction() }
                return
            } catch let error as PostgresError where error.isPassing && !Task.isCancelled {
                logger.warning(
                    "the effect does not begin before its heartbeat is kept",
                    metadata: ["action": "\(job.key)", "cause": "\(error)"])
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private enum Part: Sendable {
        case worked(ActionReply?)
        case told
    }

    /// Works, also once it was told to stop: what the work then says of itself counts more than what can be said about it.
    private func stoppable(_ job: Job) async -> ActionReply? {
        let worked = await withTaskGroup(of: Part.self) { group -> ActionReply? in
            group.addTask { .worked(await self.work(job)) }
            group.addTask { [running] in
                if let reason = await running.toldToStop(job.name) { job.tellToStop(reason) }
                return .told
            }
            while let part = await group.next() {
                group.cancelAll()
                if case .worked(let reply) = part { return reply }
            }
            return nil
        }
        if let worked { return await record(worked, job) }
        // Without a word to stop, the row stays for whoever asks next.
        guard job.isStopped, !Task.isCancelled else { return nil }
        return await record(stopped(job), job)
    }

    private func work(_ job: Job) async -> ActionReply? {
        // On a shutdown what waits is not begun: the next process finds its row.
        guard !job.isStopped, await cancelWhenGracefulShutdown({ [slots] in await slots.take() }) else { return nil }
        defer { slots.give() }
        guard await begin(job), !Task.isCancelled else { return nil }
        job.begun.withLock { $0 = .now }
        return await outcome(job)
    }

    private func begin(_ job: Job) async -> Bool {
        guard !Task.isShuttingDownGracefully else { return false }
        let now = ContinuousClock.now
        do {
            guard try await ledger.begin(job.key, org: job.request.environment.orgID) else { return false }
            job.renewed.withLock { $0 = now }
            return true
        } catch {
            logger.warning("action not begun", metadata: ["action": "\(job.key)", "cause": "\(error)"])
            return false
        }
    }

    /// What came of it; failures become replies, with every secret masked. Nil when the row is to stay as it is, for another attempt
    /// of the same key.
    func outcome(_ job: Job) async -> ActionReply? {
        let mask = journal.mask(for: job.key, job.request)
        let name = job.name
        let listener = ResourceActions.Listener(
            progress: { [running] line in
                running.progress(name, String(mask.masked(line).prefix(Self.progressLength)).withoutControls)
            },
            log: { line in mask.log(line) },
            learn: { secrets in mask.learn(secrets) }, renew: { try await self.renew(job) })
        do {
            let reply = try await effect(job, listener)
            try await RunnerFaults.beforeResult.reach()
            return reply
        } catch {
            let cause = mask.masked(String(describing: error))
            // Whoever has it now does it, and says what came of it.
            if error is LostAction {
                logger.warning("another runner has taken the action over before it began", metadata: ["action": "\(job.key)"])
                return nil
            }
            // Whoever cancelled it speaks for it: what the driver says now is about the cancellation. And without the database no
            // result can be kept.
            if Task.isCancelled || (error as? PostgresError)?.isPassing == true {
                logger.warning("action interrupted", metadata: ["action": "\(job.key)", "cause": "\(cause)"])
                return nil
            }
            logger.warning("action failed", metadata: ["action": "\(job.key)", "cause": "\(cause)"])
            return ActionReply.failure(of: error, masked: mask.masked)
        }
    }

    private func effect(_ job: Job, _ listener: ResourceActions.Listener) async throws -> ActionReply {
        switch job.request.work {
        case .resource(let work):
            try await resources.perform(job.key, work, job.request, recovering: job.recovering, listener)
        case .workload(let work): try await workloads.perform(job.key, work, job.request, listener)
        case .environment: try await workloads.removeEnvironment(job.request.environment, listener)
        }
    }

    /// Writes the result, also through a database that restarts; nil when it was not ours to write, or could not be written.
    private func record(_ reply: ActionReply, _ job: Job) async -> ActionReply? {
        while true {
            do {
                let kept = try await ledger.finish(
                    .init(key: job.key, reply: reply), org: job.request.environment.orgID)
                if !kept {
                    logger.warning("the action has a result already, or another owner", metadata: ["action": "\(job.key)"])
                }
                try await RunnerFaults.afterResult.reach()
                return kept ? reply : nil
            } catch {
                logger.error("result not recorded", metadata: ["action": "\(job.key)", "cause": "\(error)"])
                // The row still says running: who asks next has the action done again by its key.
                guard !Task.isCancelled, (error as? PostgresError)?.isPassing == true else { return nil }
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Characters of a line of progress: it comes back in a query.
    private static let progressLength = 300

    private static func tooLate(_ seconds: Double) -> ActionReply {
        ActionReply(
            state: .unknown,
            failure: ActionFailure(
                code: "RUN-004",
                message:
                    "the action took longer than \(Int(seconds)) s and was told to stop; its outcome is not known: look at the "
                    + "real system, then retry the step",
                retryable: false))
    }
}

/// Another owner has taken the action over: nothing of it begins here.
struct LostAction: Error {}

extension PostgresError {
    /// The server is away or busy: the same may be asked again, since every write here is safe to repeat.
    var isPassing: Bool { isTransient || commitOutcomeUnknown || kind == .timeout }
}
