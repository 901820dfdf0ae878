import Logging
import PlatformModel

/// Runs workloads on this machine through Podman's REST API: one network per environment; per replica a sandbox that holds the
/// network, and the containers in it. Probes, back-off, rollout, secret files and cleanup are ours (Podman 4.3.1 has none of them
/// that can be relied on). `run()` must be running: it starts, probes and restarts containers, and `apply` waits for what it sees.
package final class PodmanTarget: DeployTarget {
    package struct Configuration: Sendable {
        /// Tells the targets apart that share one Podman; stands in every label and name. `[a-z0-9-]`, up to 40.
        package var id: String
        /// Podman's API socket.
        package var socket: String
        /// A folder on a tmpfs, for secret values.
        package var secretsRoot: String
        /// A folder on a bounded tmpfs, for what containers write.
        package var outputRoot: String
        /// A short path, for sockets.
        package var probesRoot: String
        /// The static martlet-env program.
        package var martletEnv: String
        /// TCP ports of this machine (where Podman's network is) that workloads may reach: of its database servers and its route
        /// proxy. Everything else on the machine's side of the networks is closed to them but the names of their environment.
        package var hostPorts: [Int] = []
        /// The program that loads the rules which keep environments apart.
        package var nft = "/usr/sbin/nft"
        /// Bytes kept of each container's output.
        package var outputLimit: Int64 = 4 << 20
        /// Between taking old replicas out of the routes and stopping them.
        package var drain: Duration = .seconds(2)
        /// Exits in a row after which a rollout has failed.
        package var crashLimit = 5
        /// Between two looks at Podman while nothing is going on.
        package var interval: Duration = .seconds(1)

        package init(
            id: String, socket: String, secretsRoot: String, outputRoot: String, probesRoot: String, martletEnv: String
        ) {
            self.id = id
            self.socket = socket
            self.secretsRoot = secretsRoot
            self.outputRoot = outputRoot
            self.probesRoot = probesRoot
            self.martletEnv = martletEnv
        }
    }

    package struct Hooks: Sendable {
        /// The ready replicas of a workload by service port, whenever they change; old servers are named until new ones are in, and
        /// are stopped only after a call without them has returned. Called once at a time for a workload; safe to repeat.
        package var endpointsChanged: @Sendable (WorkloadKey, [Int: [WorkloadEndpoint]]) async throws -> Void
        /// The workload's bundle with its secrets fetched anew, by the environment's standing grant; nil if it has none.
        package var refresh: @Sendable (WorkloadKey) async throws -> WorkloadBundle?

        package init(
            endpointsChanged: @escaping @Sendable (WorkloadKey, [Int: [WorkloadEndpoint]]) async throws -> Void = { _, _ in },
            refresh: @escaping @Sendable (WorkloadKey) async throws -> WorkloadBundle? = { _ in nil }
        ) {
            self.endpointsChanged = endpointsChanged
            self.refresh = refresh
        }
    }

    let supervisor: Supervisor
    private var gate: KeyedGate<WorkloadKey> { supervisor.gate }

    package init(_ configuration: Configuration, hooks: Hooks = Hooks(), logger: Logger) {
        supervisor = Supervisor(configuration, hooks, logger)
    }

    /// Keeps the replicas running until the task is cancelled; the containers outlive it.
    package func run() async { await supervisor.run() }

    /// Throws when Podman answers, and the rules that keep environments apart are not in force.
    package func checkIsolation() throws(DeployError) {
        if case .missing(let text) = supervisor.isolation.standing { throw IsolationGuard.failure(text) }
    }

    // MARK: DeployTarget

    package func check(_ bundle: WorkloadBundle) -> [Problem] { BundleReader.read(bundle).problems }

    package func apply(
        _ bundle: WorkloadBundle, progress: @escaping @Sendable (String) -> Void
    ) async throws(DeployError) -> WorkloadStatus {
        let plan = try BundleReader.plan(of: bundle)
        return try await gate.hold(bundle.key) { () async throws(DeployError) in
            var rollout = RolloutRun(supervisor: supervisor, bundle: bundle, plan: plan, progress: progress)
            return try await rollout.run()
        }
    }

    package func observe(_ environment: EnvironmentContext) async throws(DeployError) -> [WorkloadStatus] {
        try await supervisor.statuses(environment)
    }

    package func remove(_ workload: WorkloadKey) async throws(DeployError) {
        try await gate.hold(workload) { () async throws(DeployError) in
            let replicas = try await supervisor.standing(workload.environment).filter { $0.key == workload }
            try await supervisor.takeAway(replicas, of: workload)
        }
    }

    package func removeEnvironment(_ environment: EnvironmentContext) async throws(DeployError) {
        let keys = Set(try await supervisor.standing(environment).map(\.key))
        for key in keys.sorted(by: { $0.workload < $1.workload }) { try await remove(key) }
        do throws(PodmanFailure) {
            for name in try await supervisor.client.networks(supervisor.names.identity(environment)) {
                try await supervisor.client.removeNetwork(name)
            }
        } catch {
            throw DeployError.podman(error)
        }
    }

    package func output(since cursor: OutputCursor, limit: Int) async throws(DeployError) -> OutputBatch {
        await supervisor.readOutput(since: cursor, limit: limit)
    }
}

extension DeployError {
    static func podman(_ failure: PodmanFailure) -> DeployError {
        DeployError(code: "DEP-006", kind: .transient, message: failure.message)
    }
}
