import NIOHTTP1
import PlatformModel
import Synchronization

/// Makes replicas: files first, then the sandbox, then the containers in it.
struct ReplicaBuilder: Sendable {
    let supervisor: Supervisor
    let bundle: WorkloadBundle
    let plan: WorkloadPlan
    let images: [String: ImageConfiguration]

    private var client: PodmanClient { supervisor.client }
    private var names: ResourceNames { supervisor.names }
    private var environment: EnvironmentContext { bundle.key.environment }

    /// What all replicas share: the wall around the network, the network, the sandbox's image, a look at what this host can limit.
    func prepare(_ progress: @Sendable (String) -> Void) async throws(DeployError) {
        if plan.containers.contains(where: \.needsFiles) { try supervisor.secrets.prepare() }
        try await supervisor.isolation.ensure()
        do throws(PodmanFailure) {
            try await client.ensureNetwork(
                names.network(environment), bridge: names.bridge(environment), labels: names.labels(environment))
            try await client.ensureSandboxImage()
            if plan.containers.contains(where: { $0.resources != ResourcePlan() }), try await !enforcesLimits() {
                progress("this host's control groups hold no CPU and memory limits: they are left out")
            }
        } catch {
            throw DeployError.podman(error)
        }
    }

    private func enforcesLimits() async throws(PodmanFailure) -> Bool {
        let controllers = try await client.json(.GET, "/info")["host"]?["cgroupControllers"]?.array ?? []
        return controllers.contains("memory") && controllers.contains("cpu")
    }

    func build(_ ordinal: Int) async throws(DeployError) {
        let replica = names.replica(bundle.key, revision: bundle.revision, ordinal: ordinal)
        supervisor.state.withLock { state in
            state.building.insert(replica)
            state.fresh.insert(replica)
            state.isAwaited = true
            state.pause?.cancel()
        }
        defer {
            _ = supervisor.state.withLock { $0.building.remove(replica) }
        }
        for container in plan.containers { try supervisor.secrets.write(replica, container) }
        try await TargetFaults.afterSecretFiles.reachOrFail()
        let probes = supervisor.probes, folder = names.probeFolder(replica)
        do throws(PrivateFolder.Failure) {
            try probes.make()
            try probes.makeFolder(folder, mode: 0o700)
        } catch {
            throw DeployError(code: "DEP-003", kind: .transient, message: error.message)
        }
        do throws(PodmanFailure) {
            try await create(replica, ordinal, "\(probes.path)/\(folder)")
        } catch {
            if error.isTransient { throw DeployError.podman(error) }
            throw DeployError(
                code: "DEP-003", kind: .failed, message: "workload '\(bundle.key.workload)' cannot be started: \(error.message)")
        }
    }

    private func create(_ replica: String, _ ordinal: Int, _ probeFolder: String) async throws(PodmanFailure) {
        let labels = names.labels(bundle, replica: replica, ordinal: ordinal)
        let specification = ContainerSpecification(
            names: names, configuration: supervisor.configuration, enforcesLimits: try await enforcesLimits())
        for container in plan.containers {
            do {
                try supervisor.output.prepare(
                    names.container(replica, container.name), key: bundle.key, replica: replica, container: container.name)
            } catch {
                throw .answered(status: 0, message: "its output cannot be kept: \(error.message)")
            }
        }
        try await client.create(
            specification.sandbox(
                plan, replica: replica, network: names.network(environment), labels: labels, probeFolder: probeFolder))
        try await client.start(names.sandbox(replica))
        do throws(DeployError) { try await TargetFaults.afterSandbox.reachOrFail() } catch {
            throw .unreachable(error.message)
        }
        for volume in Set(plan.containers.flatMap(\.mounts).compactMap(\.source.sharedName)).sorted() {
            try await client.ensureVolume(names.volume(replica, volume), labels: names.identity(environment))
        }
        for container in plan.containers {
            guard let image = images[container.image] else { continue }
            let name = names.container(replica, container.name)
            try await client.create(
                specification.container(
                    container, of: plan, replica: replica, image: image, labels: labels,
                    files: supervisor.secrets.folder(replica, container.name).path, log: supervisor.output.path(name)))
        }
    }
}

extension MountPlan.Source {
    fileprivate var sharedName: String? { if case .scratch(let name, false, _) = self { name } else { nil } }
}
