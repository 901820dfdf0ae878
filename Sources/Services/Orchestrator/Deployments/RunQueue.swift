import Execution
import PlatformModel
import Postgres

/// The queue of each environment: one run at a time, the oldest first (architecture.md section 4).
///
/// Everything here happens under the lock of the environment's row.
enum RunQueue {
    static let planNode = "plan"

    /// Puts a run on record, and starts it when nothing else runs in its environment.
    static func submit(
        _ deployment: Deployment, kind: DeploymentStore.Run.Kind, plan: JSON? = nil, orgID: String, appID: String,
        timeoutSeconds: Int? = nil, _ transaction: PostgresTransaction
    ) async throws {
        _ = try await EnvironmentStore.lock(deployment.envID, appID: appID, transaction)
        try await DeploymentStore.insert(deployment, kind: kind, appID: appID, plan: plan, transaction)
        if let timeoutSeconds { try await RunControlStore.setTimeout(timeoutSeconds, deployment.id, transaction) }
        try await EventStore.append(deployment.id, status: DeploymentStatus.pending.rawValue, transaction)
        try await startNext(orgID: orgID, appID: appID, envID: deployment.envID, turn: .newcomer, transaction)
    }

    /// Whose turn it may be.
    enum Turn {
        /// Of whoever comes now: behind those who wait for the organisation's limit already.
        case newcomer
        /// Of the environment's next, when a run has ended. Where there is a limit it waits like the others, so that the locks of two
        /// ends never wait for each other.
        case successor
        /// Of an environment that was held.
        case held
    }

    /// Starts the oldest pending run of an environment, unless one is in progress, or its organisation is held to something.
    ///
    /// - Returns: Whether the environment is held.
    @discardableResult
    static func startNext(
        orgID: String, appID: String, envID: String, turn: Turn, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard try await EnvironmentStore.lock(envID, appID: appID, transaction) != nil else { return false }
        let queue = try await DeploymentStore.queue(appID: appID, envID: envID, transaction)
        guard queue.running == nil, let next = queue.next else {
            try await tellPlaces(appID: appID, envID: envID, transaction)
            return false
        }
        if let hold = try await hold(next, appID: appID, envID: envID, turn, transaction) {
            try await HeldEnvironmentStore.insert(hold, appID: appID, envID: envID, transaction)
            try await tellPlaces(appID: appID, envID: envID, transaction)
            return true
        }
        try await DeploymentStore.setStatus(.inProgress, next, transaction)
        try await RunControlStore.startClock(next, transaction)
        try await EventStore.append(next, status: DeploymentStatus.inProgress.rawValue, transaction)
        let step = StepStore.Step(
            node: planNode, verb: "plan", object: "plan", dependsOn: [], state: .ready)
        try await StepStore.insert([step], deploymentID: next, transaction)
        try await StepStore.enqueue(step, orgID: orgID, deploymentID: next, transaction)
        try await tellPlaces(appID: appID, envID: envID, transaction)
        return false
    }

    /// What keeps a run from beginning though its environment is free.
    private static func hold(
        _ id: String, appID: String, envID: String, _ turn: Turn, _ transaction: PostgresTransaction
    ) async throws -> QueuePlace.Hold? {
        let tenant = try await TenantStore.tenant(transaction)
        if tenant.state.kind == .suspended { return .suspended }
        let most = tenant.limits[.runningDeployments]
        guard most != nil || tenant.state.kind == .deleting,
            try await DeploymentStore.run(id, transaction)?.kind == .deploy
        else { return nil }
        if tenant.state.kind == .deleting { return .deleting }
        guard let most else { return nil }
        if turn == .successor { return .runningDeployments }
        try await TenantStore.lockLimits(transaction)
        let running = try await DeploymentStore.countRunning(transaction)
        if running >= most { return .runningDeployments }
        guard turn == .newcomer else { return nil }
        return try await HeldEnvironmentStore.hasOthers(appID: appID, envID: envID, transaction) ? .runningDeployments : nil
    }

    /// Tells whoever follows a run that waits where it stands, when that is another place than before.
    static func tellPlaces(appID: String, envID: String, _ transaction: PostgresTransaction) async throws {
        let waiting = try await DeploymentStore.places(appID: appID, envID: envID, transaction)
        try await EventStore.append(
            waiting.filter { $0.told != $0.place.description }.map { run in
                EventStore.Entry(
                    deploymentID: run.id, object: nil, status: DeploymentStatus.pending.rawValue, message: run.place.description)
            }, transaction)
    }
}
