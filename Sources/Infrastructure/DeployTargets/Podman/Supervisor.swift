import Logging
import PlatformModel
import Synchronization

/// Keeps every replica of this target running: looks at Podman's list again and again, steps each replica's machine, carries out
/// what it says, and tells the route proxy who is ready. All it knows beyond Podman's labels can be lost.
final class Supervisor: Sendable {
    struct Entry: Sendable {
        var machine: ReplicaMachine
        var replica: StandingReplica
        var address: String?
        /// The sandbox's run that `address` belongs to.
        var addressRun: Int64?
        /// A step is under way, and since which listing another may be made.
        var isBusy = false
        var steppedAt = 0
    }

    struct State: Sendable {
        var entries: [String: Entry] = [:]
        /// Being made by a rollout: not steered yet.
        var building: Set<String> = []
        /// Made, or about to be, and not seen in a listing yet.
        var fresh: Set<String> = []
        var published: [WorkloadKey: [Int: [WorkloadEndpoint]]] = [:]
        var listing = 0
        /// Everything of this target, as listed last; nil before the first look.
        var living: Set<String>?
        var isAwaited = false
        /// The pause between two rounds; a rollout cuts it short.
        var pause: Task<Void, Never>?
        /// Servers that did not run when they were last listed, and when they were last started.
        var startedServers: [String: Int64] = [:]
        /// Workloads whose older replicas are being taken away, since newer ones took their place.
        var succeeding: Set<WorkloadKey> = []
    }

    let configuration: PodmanTarget.Configuration
    let hooks: PodmanTarget.Hooks
    let client: PodmanClient
    let names: ResourceNames
    let secrets: SecretFiles
    let output: OutputFolder
    let probes: PrivateFolder
    let isolation: IsolationGuard
    let logger: Logger
    let state = Mutex(State())
    /// One change of a workload's replicas at a time.
    let gate = KeyedGate<WorkloadKey>()
    private let publishing = KeyedGate<WorkloadKey>()
    private let clock = ContinuousClock()
    private let start = ContinuousClock.now

    init(_ configuration: PodmanTarget.Configuration, _ hooks: PodmanTarget.Hooks, _ logger: Logger) {
        self.configuration = configuration
        self.hooks = hooks
        self.logger = logger
        client = PodmanClient(socket: configuration.socket)
        names = ResourceNames(target: configuration.id)
        secrets = SecretFiles(root: PrivateFolder(path: configuration.secretsRoot))
        output = OutputFolder(root: configuration.outputRoot)
        probes = PrivateFolder(path: configuration.probesRoot)
        isolation = IsolationGuard(configuration, client, names)
    }

    /// Milliseconds of a steady clock.
    var now: Int64 {
        let passed = (clock.now - start).components
        return passed.seconds * 1000 + passed.attoseconds / 1_000_000_000_000_000
    }

    // MARK: The loop

    /// Runs until it is cancelled; containers keep running.
    func run() async {
        await withDiscardingTaskGroup { group in
            var failures = 0, rounds = 0
            while !Task.isCancelled {
                do throws(PodmanFailure) {
                    try await look(&group)
                    failures = 0
                    if rounds % 60 == 0 { sweep() }
                    rounds += 1
                } catch {
                    failures += 1
                    // Once, and then every minute: it is looked for again each second.
                    if failures % 60 == 1, !Task.isCancelled {
                        logger.warning("Podman cannot be looked at", metadata: ["reason": "\(error.message)"])
                    }
                }
                await pause()
            }
            group.cancelAll()
        }
    }

    /// A second, or much less while somebody waits for a rollout.
    private func pause() async {
        let interval = configuration.interval
        let pause = state.withLock { state in
            let length = state.isAwaited ? interval / 10 : interval
            // Cut short, it is only over.
            let pause = Task { do { try await Task.sleep(for: length) } catch {} }
            state.pause = pause
            return pause
        }
        await withTaskCancellationHandler {
            await pause.value
        } onCancel: {
            pause.cancel()
        }
    }

    private func look(_ group: inout DiscardingTaskGroup) async throws(PodmanFailure) {
        let listing = state.withLock { state in
            state.listing += 1
            return state.listing
        }
        let listed = try await client.containers([ResourceNames.Label.target: configuration.id])
        let (due, gone) = state.withLock { Self.take(listed, listing, into: &$0) }
        if isolation.isDue(listed, now: now) { group.addTask { await self.isolate() } }
        for name in due { group.addTask { await self.step(name) } }
        for server in serversToStart(listed) { group.addTask { await self.startServer(server) } }
        for key in gone { group.addTask { await self.tryPublish(key) } }
        for key in dueSuccessions() { group.addTask { await self.succeed(key) } }
    }

    private func isolate() async {
        let before = isolation.standing
        do {
            try await isolation.ensure()
        } catch {
            // Once: it is tried again every few seconds.
            if isolation.standing != before {
                logger.error("environments are not kept apart", metadata: ["reason": "\(error.message)"])
            }
        }
        isolation.tried()
    }

    /// Takes a listing in: the replicas that are to be stepped, marked busy, and the workloads of those that are gone.
    private static func take(
        _ listed: [ListedContainer], _ listing: Int, into state: inout State
    ) -> (due: [String], gone: Set<WorkloadKey>) {
        state.living = Set(listed.map(\.name))
        let replicas = StandingReplica.group(listed).filter { $0.isWhole && !state.building.contains($0.name) }
        let standing = Set(replicas.map(\.name))
        state.fresh.subtract(standing)
        var due: [String] = [], gone: Set<WorkloadKey> = []
        for (name, entry) in state.entries where !standing.contains(name) && !entry.isBusy {
            state.entries[name] = nil
            gone.insert(entry.replica.key)
        }
        for replica in replicas {
            guard let plan = replica.plan else { continue }
            var entry = state.entries[replica.name] ?? Entry(machine: ReplicaMachine(plan: plan), replica: replica)
            // A listing that began before the last step ended may show what is no longer so.
            if !entry.isBusy, listing > entry.steppedAt {
                entry.replica = replica
                entry.isBusy = true
                due.append(replica.name)
            }
            state.entries[replica.name] = entry
        }
        state.isAwaited = !state.fresh.isEmpty || state.entries.values.contains { $0.isAwaited }
        return (due, gone)
    }

    // MARK: One replica

    private func step(_ name: String) async {
        let now = now
        let (entry, actions) = state.withLock { state -> (Entry?, [ReplicaMachine.Action]) in
            guard var entry = state.entries[name] else { return (nil, []) }
            let observed = entry.replica.containers.mapValues(\.observation)
            let sandbox = entry.replica.sandbox?.observation
            let actions = entry.machine.step(
                sandboxRuns: sandbox?.state == .running, sandboxSince: sandbox?.startedAt ?? 0, observed: observed, now: now)
            state.entries[name] = entry
            return (entry, actions)
        }
        guard let entry else { return }
        await learnAddress(name, entry)
        if !actions.isEmpty {
            await withTaskGroup(of: Void.self) { group in
                for action in actions { group.addTask { await self.perform(action, name, entry) } }
            }
        }
        state.withLock { state in
            state.entries[name]?.isBusy = false
            state.entries[name]?.steppedAt = state.listing
        }
        await tryPublish(entry.replica.key)
    }

    private func learnAddress(_ name: String, _ entry: Entry) async {
        guard let sandbox = entry.replica.sandbox, sandbox.observation.state == .running,
            entry.addressRun != sandbox.observation.run
        else { return }
        let network = names.network(entry.replica.key.environment)
        guard let address = try? await client.address(of: sandbox.name, in: network) else { return }
        state.withLock { state in
            state.entries[name]?.address = address
            state.entries[name]?.addressRun = sandbox.observation.run
        }
    }

    private func perform(_ action: ReplicaMachine.Action, _ name: String, _ entry: Entry) async {
        switch action {
        case .rebuild: await rebuild(name, entry)
        case .start(let container): await start(container, name, entry)
        case .stop(let container):
            logger.warning(
                "a liveness or startup probe failed", metadata: ["replica": "\(name)", "container": "\(container)"])
            try? await client.stop(names.container(name, container), grace: entry.machine.plan.terminationGrace)
        case .dismiss(let container):
            try? await client.stop(names.container(name, container), grace: entry.machine.plan.terminationGrace)
        case .probe(let container, let kind): await probe(container, kind, name, entry)
        case .stopSandbox: try? await client.stop(names.sandbox(name), grace: 1)
        }
    }

    private func rebuild(_ name: String, _ entry: Entry) async {
        do {
            try await isolation.ensure()
            for (container, listed) in entry.replica.containers where listed.observation.state == .running {
                try await client.stop(names.container(name, container), grace: 1)
            }
            try probes.make()
            try probes.makeFolder(names.probeFolder(name), mode: 0o700)
            for container in entry.machine.plan.containers {
                try output.prepare(
                    names.container(name, container.name), key: entry.replica.key, replica: name, container: container.name)
            }
            try await client.start(names.sandbox(name))
            state.withLock { $0.entries[name]?.machine.rebuilt() }
        } catch {
            logger.warning("a replica's network cannot be started", metadata: ["replica": "\(name)", "reason": "\(error)"])
        }
    }

    private func start(_ container: String, _ name: String, _ entry: Entry) async {
        do throws(DeployError) {
            if entry.machine.plan.containers.contains(where: { $0.name == container && $0.needsFiles }),
                !secrets.isWhole(name, container)
            {
                try await restoreFiles(entry.replica)
            }
            let listed = names.container(name, container)
            do {
                try output.prepare(listed, key: entry.replica.key, replica: name, container: container)
            } catch {
                throw DeployError(code: "DEP-003", kind: .failed, message: error.message)
            }
            do { try await client.start(listed) } catch {
                throw DeployError(code: "DEP-003", kind: .failed, message: error.message)
            }
        } catch {
            let now = now
            state.withLock { $0.entries[name]?.machine.startFailed(container, error.message, now: now) }
        }
    }

    /// After a reboot the tmpfs is empty: the values are fetched anew, by the environment's standing grant.
    private func restoreFiles(_ replica: StandingReplica) async throws(DeployError) {
        func failure(_ text: String) -> DeployError {
            DeployError(code: "DEP-011", kind: .transient, message: "its secrets are not on this machine: \(text)")
        }
        let bundle: WorkloadBundle?
        do { bundle = try await hooks.refresh(replica.key) } catch { throw failure("they could not be fetched: \(error)") }
        guard let bundle else { throw failure("no deployment holds a grant for them; deploy the environment again") }
        guard bundle.revision == replica.revision else {
            throw failure("the environment's deployment is of another revision; deploy the environment again")
        }
        guard let plan = BundleReader.read(bundle).plan else { throw failure("the deployment cannot be read any more") }
        for container in plan.containers { try secrets.write(replica.name, container) }
    }

    private func probe(_ container: String, _ kind: ReplicaMachine.ProbeKind, _ name: String, _ entry: Entry) async {
        guard let plan = entry.machine.plan.containers.first(where: { $0.name == container }),
            let question = plan.probe(kind), let run = entry.machine.run(of: container)
        else { return }
        let address = state.withLock { $0.entries[name]?.address }
        let subject = Prober.Subject(
            container: names.container(name, container), address: address ?? "127.0.0.1",
            socket: probeSocket(name), hasSecretVariables: plan.hasSecretVariables)
        let (passed, seen) = await Prober(client: client).ask(question, of: subject)
        let now = now
        state.withLock {
            $0.entries[name]?.machine.probed(container, kind, run: run, passed: passed, seen: seen, now: now)
        }
    }

    func probeSocket(_ replica: String) -> String { "\(probes.path)/\(names.probeFolder(replica))/s" }

    // MARK: Endpoints

    private func tryPublish(_ key: WorkloadKey) async {
        // Before everything of it has been looked at once, a restarted runner would take servers out of routes that work.
        let isKnown = state.withLock { state in
            state.published[key] != nil
                || !state.entries.values.contains { $0.replica.key == key && $0.machine.isUndecided && !$0.machine.isLeaving }
        }
        guard isKnown else { return }
        do { try await publish(key) } catch {
            logger.warning("routes were not told", metadata: ["workload": "\(key)", "reason": "\(error.message)"])
        }
    }

    /// Tells the route proxy who is ready, if that changed.
    func publish(_ key: WorkloadKey) async throws(DeployError) {
        try await publishing.hold(key) { () async throws(DeployError) in
            let (endpoints, before) = state.withLock { ($0.endpoints(of: key), $0.published[key]) }
            guard endpoints != before, before != nil || !endpoints.isEmpty else { return }
            do { try await hooks.endpointsChanged(key, endpoints) } catch {
                throw DeployError(
                    code: "DEP-009", kind: .transient, message: "the routes to '\(key.workload)' could not be changed: \(error)")
            }
            state.withLock { $0.published[key] = endpoints }
        }
    }

    /// Removes what stands on the tmpfs for replicas that are gone.
    private func sweep() {
        let (living, fresh) = state.withLock { ($0.living, $0.fresh) }
        guard let living else { return }
        let replicas = Set(living.filter { $0.hasSuffix(".sandbox") }.map { String($0.dropLast(".sandbox".count)) }).union(fresh)
        for name in secrets.root.entries where !replicas.contains(name) && name != ServerNames.folderName { secrets.remove(name) }
        let folders = Set(replicas.map(names.probeFolder)).union([IsolationGuard.folderName, ServerNames.folderName])
        for name in probes.entries where !folders.contains(name) { probes.remove(name) }
    }
}

extension Supervisor.Entry {
    /// Somebody may be waiting for it: it is looked at often.
    fileprivate var isAwaited: Bool {
        !machine.isLeaving && !machine.isReady && machine.exitsInARow < 3 && !(machine.plan.isJob && machine.isOver)
    }
}

extension Supervisor.State {
    /// The ready replicas by service port; a port without any stays, with none.
    func endpoints(of key: WorkloadKey) -> [Int: [WorkloadEndpoint]] {
        var endpoints: [Int: [WorkloadEndpoint]] = (published[key] ?? [:]).mapValues { _ in [] }
        for entry in entries.values.sorted(by: { $0.replica.name < $1.replica.name }) where entry.replica.key == key {
            for service in entry.machine.plan.services where !entry.machine.plan.isJob {
                var servers = endpoints[service.port] ?? []
                if entry.machine.isReady, !entry.machine.isLeaving, let address = entry.address {
                    servers.append(WorkloadEndpoint(address: address, port: service.target))
                }
                endpoints[service.port] = servers
            }
        }
        return endpoints
    }
}
