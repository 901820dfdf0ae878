import Glibc
import PlatformModel
import Synchronization

/// What the target's calls ask of the supervisor.
extension Supervisor {
    func standing(_ environment: EnvironmentContext) async throws(DeployError) -> [StandingReplica] {
        do { return StandingReplica.group(try await client.containers(names.identity(environment))) } catch {
            throw DeployError.podman(error)
        }
    }

    // MARK: Taking away

    /// Out of the routes, then stopped (all at once, each within its grace), then removed. Safe to repeat.
    func takeAway(_ replicas: [StandingReplica], of key: WorkloadKey) async throws(DeployError) {
        markLeaving(replicas)
        try await publish(key)
        try await stopAndRemove(replicas)
        let isGone = state.withLock { state in !state.entries.values.contains { $0.replica.key == key } }
        if isGone { state.withLock { $0.published[key] = nil } }
    }

    func markLeaving(_ replicas: [StandingReplica]) {
        state.withLock { state in
            for replica in replicas { state.entries[replica.name]?.machine.isLeaving = true }
        }
    }

    func stopAndRemove(_ replicas: [StandingReplica]) async throws(DeployError) {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for replica in replicas { group.addTask { try await self.stopAndRemove(replica) } }
                try await group.waitForAll()
            }
        } catch let error as PodmanFailure {
            throw DeployError.podman(error)
        } catch {
            throw DeployError(code: "DEP-006", kind: .transient, message: "cancelled")
        }
    }

    private func stopAndRemove(_ replica: StandingReplica) async throws {
        try await stopInOrder(replica)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for container in replica.containers.values {
                group.addTask { try await self.client.removeContainer(container.name) }
            }
            try await group.waitForAll()
        }
        // Last: while it stands, a killed removal is found again.
        try await client.removeContainer(names.sandbox(replica.name))
        try await client.removeVolumes(prefix: names.volume(replica.name, ""))
        secrets.remove(replica.name)
        probes.remove(names.probeFolder(replica.name))
        state.withLock { state in
            state.entries[replica.name] = nil
            state.fresh.remove(replica.name)
        }
    }

    /// What runs on beside the others goes after them, the last one of it first; all within one grace.
    private func stopInOrder(_ replica: StandingReplica) async throws {
        let until = ContinuousClock.now + .seconds(replica.plan?.terminationGrace ?? 1)
        let beside = (replica.plan?.containers ?? []).filter { $0.initial == .runsOn }.map(\.name)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (part, container) in replica.containers where !beside.contains(part) {
                group.addTask { try await self.stop(container, until) }
            }
            try await group.waitForAll()
        }
        for part in beside.reversed() { if let container = replica.containers[part] { try await stop(container, until) } }
    }

    private func stop(_ container: ListedContainer, _ until: ContinuousClock.Instant) async throws {
        guard container.observation.state == .running else { return }
        let left = ContinuousClock.now.duration(to: until).components.seconds
        try await client.stop(container.name, grace: max(1, Int(left) + 1))
    }

    // MARK: Status

    func statuses(_ environment: EnvironmentContext) async throws(DeployError) -> [WorkloadStatus] {
        let byKey = Dictionary(grouping: try await standing(environment), by: \.key)
        return byKey.keys.sorted { $0.workload < $1.workload }.map { status($0, byKey[$0, default: []]) }
    }

    func status(_ key: WorkloadKey, _ replicas: [StandingReplica]) -> WorkloadStatus {
        let entries = state.withLock(\.entries)
        let whole = replicas.filter { $0.isWhole }
        let byRevision = Dictionary(grouping: whole, by: \.revision)
        func ready(_ revision: String) -> Int {
            byRevision[revision, default: []].count { entries[$0.name]?.machine.isReady == true }
        }
        // What serves is what most replicas are ready of.
        let serving = byRevision.keys.max { (ready($0), $1) < (ready($1), $0) } ?? replicas.first?.revision ?? ""
        let members = byRevision[serving, default: []]
        let machines = members.compactMap { entries[$0.name]?.machine }
        let wanted = members.first?.plan?.replicas ?? 0
        var status = WorkloadStatus(
            key: key, revision: serving, mark: members.first?.mark ?? "", phase: .progressing, wanted: wanted,
            ready: ready(serving))
        status.replicas = replicas.map { replicaStatus($0, entries[$0.name]) }
        let trouble = machines.compactMap(\.trouble).first
        status.message = trouble.map { "container '\($0.container)': \($0.message)" }
        if members.first?.plan?.isJob == true {
            if machines.contains(where: { $0.isOver }) { status.phase = trouble == nil ? .completed : .failed }
        } else if byRevision.count > 1 {
            status.message = "a rollout is under way, or was not finished"
        } else if status.ready == wanted, members.count == wanted, replicas.count == whole.count {
            status.phase = .available
        } else if machines.contains(where: { $0.exitsInARow >= configuration.crashLimit }) {
            status.phase = .failed
        }
        return status
    }

    private func replicaStatus(_ replica: StandingReplica, _ entry: Entry?) -> ReplicaStatus {
        var status = ReplicaStatus(name: replica.name, revision: replica.revision, state: .starting, address: entry?.address)
        status.images = replica.containers.mapValues(\.image)
        status.missing =
            replica.plan?.containers.map(\.name).filter { replica.containers[$0] == nil }
            ?? (replica.sandbox == nil ? ["sandbox"] : [])
        guard let machine = entry?.machine else { return status }
        status.restarts = machine.restarts
        status.message = machine.trouble.map { "container '\($0.container)': \($0.message)" }
        let verdicts = Set(machine.verdicts.values)
        if machine.isReady {
            status.state = .ready
        } else if machine.plan.isJob, machine.isOver {
            status.state = .exited
        } else if verdicts.contains(where: { if case .waiting = $0 { true } else { false } }) {
            status.state = .waiting
        } else if verdicts.contains(where: { if case .unready = $0 { true } else { false } }) {
            status.state = .unready
        }
        return status
    }

    // MARK: Output

    func readOutput(since cursor: OutputCursor, limit: Int) async -> OutputBatch {
        for (replica, container) in output.unreadable() {
            await Prober(client: client).release(container, socket: probeSocket(replica))
        }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let now = Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        let (living, fresh) = state.withLock { ($0.living, $0.fresh) }
        if let living {
            let expected = output.root.entries.filter { name in fresh.contains { name.hasPrefix($0 + ".c.") } }
            output.sweep(living: living.union(expected), read: cursor, nowMilliseconds: self.now)
        }
        return output.read(since: cursor, limit: limit, now: now)
    }
}
