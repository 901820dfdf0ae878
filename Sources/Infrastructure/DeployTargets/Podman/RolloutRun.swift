import PlatformModel
import Synchronization

/// One `apply`: new replicas first, and once they are ready, the old ones out of the routes and away.
struct RolloutRun: Sendable {
    let supervisor: Supervisor
    let bundle: WorkloadBundle
    private(set) var plan: WorkloadPlan
    let progress: @Sendable (String) -> Void

    private var client: PodmanClient { supervisor.client }
    private var names: ResourceNames { supervisor.names }

    mutating func run() async throws(DeployError) -> WorkloadStatus {
        let deadline = ContinuousClock.now + bundle.timeout
        let wanted = plan.isJob ? 1 : plan.replicas
        let images = try await findImages()
        let before = try await standing()
        let rollout = Rollout(standing: before.map { $0.summary(for: bundle) }, revision: bundle.revision, wanted: wanted)
        func replicas(_ some: [Rollout.Standing]) -> [StandingReplica] {
            let chosen = Set(some.map(\.name))
            return before.filter { chosen.contains($0.name) }
        }
        if !rollout.residue.isEmpty {
            progress("removing \(rollout.residue.count) replica(s) that an earlier attempt left")
            try await supervisor.takeAway(replicas(rollout.residue), of: bundle.key)
        }
        if plan.recreate || plan.isJob, !rollout.old.isEmpty {
            progress("stopping \(rollout.old.count) older replica(s)")
            try await supervisor.takeAway(replicas(rollout.old), of: bundle.key)
        }
        let made = rollout.create.map { names.replica(bundle.key, revision: bundle.revision, ordinal: $0) }
        let goesAlone = goesAlone(replicas(rollout.keep), replicas(rollout.old))
        do throws(DeployError) {
            if !made.isEmpty {
                try await build(rollout.create, images)
                try await TargetFaults.afterBuild.reachOrFail()
            }
            if !goesAlone { try await awaitReady(rollout.keep.map(\.name) + made, until: deadline) }
        } catch {
            try await giveUp(made, kept: replicas(rollout.keep), hasOlder: !rollout.old.isEmpty, error)
        }
        if goesAlone {
            progress("handed over; it gets ready by itself")
            return supervisor.status(bundle.key, try await standing())
        }
        try await supervisor.publish(bundle.key)
        if !plan.recreate, !plan.isJob, !rollout.old.isEmpty {
            try await TargetFaults.beforeRetire.reachOrFail()
            let old = replicas(rollout.old)
            progress("taking \(old.count) older replica(s) out of the routes and away")
            try await supervisor.retire(old, of: bundle.key)
        }
        return supervisor.status(bundle.key, try await standing())
    }

    /// Whether the new revision may get ready without anybody who waits for it; the older replicas then go by themselves.
    private mutating func goesAlone(_ kept: [StandingReplica], _ older: [StandingReplica]) -> Bool {
        guard bundle.success == .deploy else { return false }
        if plan.isJob || plan.recreate || older.isEmpty { return true }
        func summaries(_ replicas: [StandingReplica]) -> [Succession.Standing] { replicas.map { $0.succession(isReady: false) } }
        guard Succession.mayGoAlone(kept: summaries(kept), old: summaries(older)) else { return false }
        plan.retires = older.map(\.tag)
        return true
    }

    private func standing() async throws(DeployError) -> [StandingReplica] {
        try await supervisor.standing(bundle.key.environment).filter { $0.key == bundle.key }
    }

    private func findImages() async throws(DeployError) -> [String: ImageConfiguration] {
        var images: [String: ImageConfiguration] = [:]
        for name in Set(plan.containers.map(\.image)).sorted() {
            do { images[name] = try await client.image(name) } catch {
                guard error.isMissing else { throw DeployError.podman(error) }
                throw DeployError(
                    code: "DEP-002", kind: .failed,
                    message: "image '\(name)' is not on this machine; build it here, or load it with 'podman load'")
            }
        }
        for container in plan.containers where container.security.mustNotBeRoot && container.security.user == nil {
            try refuseRoot(container, images[container.image]?.user ?? "")
        }
        return images
    }

    private func refuseRoot(_ container: ContainerPlan, _ user: String) throws(DeployError) {
        let name = user.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        if let number = Int(name), number != 0 { return }
        let reason =
            ["", "0", "root"].contains(name)
            ? "its image '\(container.image)' is of root"
            : "the user '\(name)' of its image '\(container.image)' has no number, so it may be root"
        throw DeployError(
            code: "DEP-003", kind: .failed,
            message: "workload '\(bundle.key.workload)' container '\(container.name)' must not run as root, and \(reason); "
                + "set runAsUser")
    }

    // MARK: Making

    private func build(_ ordinals: [Int], _ images: [String: ImageConfiguration]) async throws(DeployError) {
        let builder = ReplicaBuilder(supervisor: supervisor, bundle: bundle, plan: plan, images: images)
        try await builder.prepare(progress)
        progress("starting \(ordinals.count) replica(s)")
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for ordinal in ordinals { group.addTask { try await builder.build(ordinal) } }
                try await group.waitForAll()
            }
        } catch let error as DeployError {
            throw error
        } catch {
            throw DeployError(code: "DEP-006", kind: .transient, message: "cancelled")
        }
    }

    // MARK: Waiting

    /// Returns once every replica is ready (a Job: has ended well).
    private func awaitReady(_ replicas: [String], until deadline: ContinuousClock.Instant) async throws(DeployError) {
        var reported = -1
        while true {
            let machines = supervisor.state.withLock { state in replicas.map { state.entries[$0]?.machine } }
            let done = machines.count { machine in
                guard let machine else { return false }
                return plan.isJob ? machine.isOver : machine.isReady
            }
            if done != reported, !plan.isJob { progress("\(done) of \(replicas.count) replica(s) ready") }
            reported = done
            if let failed = zip(replicas, machines).first(where: { $1.map(isLost) == true }), let machine = failed.1 {
                throw failure(failed.0, machine, code: plan.isJob ? "DEP-007" : "DEP-004", kind: .failed, "")
            }
            if done == replicas.count { return }
            guard ContinuousClock.now < deadline else {
                let index = machines.firstIndex { $0?.isReady != true } ?? 0
                throw failure(
                    replicas[index], machines[index], code: "DEP-005", kind: .timedOut, "not available within \(bundle.timeout): "
                )
            }
            do { try await Task.sleep(for: .milliseconds(25)) } catch {
                throw DeployError(code: "DEP-006", kind: .transient, message: "cancelled")
            }
        }
    }

    /// It will not get ready by itself.
    private func isLost(_ machine: ReplicaMachine) -> Bool {
        if plan.isJob { return machine.isOver && machine.trouble != nil }
        return machine.exitsInARow >= supervisor.configuration.crashLimit || machine.cannotStart
    }

    private func failure(
        _ replica: String, _ machine: ReplicaMachine?, code: String, kind: DeployError.Kind, _ prefix: String
    ) -> DeployError {
        let trouble = machine?.trouble
        let container = trouble?.container ?? plan.containers.first { $0.initial == nil }?.name ?? ""
        let reason = trouble.map { "container '\($0.container)': \($0.message)" } ?? "it is still starting"
        return DeployError(
            code: code, kind: kind, message: "workload '\(bundle.key.workload)' \(prefix)\(reason)",
            lastLines: supervisor.output.lastLines(names.container(replica, container), count: 20))
    }

    // MARK: Ends

    /// Takes the new replicas away, so that the old ones go on alone. Without older ones, what ran before this call stays.
    private func giveUp(
        _ made: [String], kept: [StandingReplica], hasOlder: Bool, _ error: DeployError
    ) async throws(DeployError) -> Never {
        progress("taking the new replicas away")
        let names = Set(made + (hasOlder ? kept.map(\.name) : []))
        // A failed Job stays, ended: its status is asked for later.
        if !plan.isJob || error.kind != .failed {
            if let failed = try? await standing().filter({ names.contains($0.name) }) {
                do { try await supervisor.takeAway(failed, of: bundle.key) } catch let cleanup {
                    var error = error
                    error.message += "; what it left could not be removed yet (\(cleanup.message))"
                    throw error
                }
            }
        }
        throw error
    }
}

extension StandingReplica {
    func succession(isReady: Bool) -> Succession.Standing {
        Succession.Standing(
            tag: tag, revision: revision, isWhole: isWhole, isReady: isReady, wanted: plan?.replicas ?? 1,
            retires: Set(plan?.retires ?? []))
    }

    fileprivate func summary(for bundle: WorkloadBundle) -> Rollout.Standing {
        // Another action that asks for a Job that failed wants it to run again.
        // What ran on beside it was told to end, whatever it answered.
        let counted = (plan?.containers ?? []).filter { $0.initial != .runsOn }.compactMap { containers[$0.name]?.observation }
        let hasFailed = counted.contains { $0.state == .exited && $0.exitCode != 0 }
        let isSpent = plan?.isJob == true && hasFailed && mark != bundle.mark
        return .init(name: name, revision: revision, ordinal: ordinal, isWhole: isWhole && !isSpent)
    }
}
