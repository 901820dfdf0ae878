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
        try await startNext(orgID: orgID, appID: appID, envID: deployment.envID, transaction)
    }

    /// Starts the oldest pending run of an environment, unless one is in progress.
    static func startNext(orgID: String, appID: String, envID: String, _ transaction: PostgresTransaction) async throws {
        guard try await EnvironmentStore.lock(envID, appID: appID, transaction) != nil else { return }
        let queue = try await DeploymentStore.queue(appID: appID, envID: envID, transaction)
        guard queue.running == nil, let next = queue.next else {
            return try await tellPlaces(appID: appID, envID: envID, transaction)
        }
        try await DeploymentStore.setStatus(.inProgress, next, transaction)
        try await RunControlStore.startClock(next, transaction)
        try await EventStore.append(next, status: DeploymentStatus.inProgress.rawValue, transaction)
        let step = StepStore.Step(
            node: planNode, verb: "plan", object: "plan", dependsOn: [], state: .ready)
        try await StepStore.insert([step], deploymentID: next, transaction)
        try await StepStore.enqueue(step, orgID: orgID, deploymentID: next, transaction)
        try await tellPlaces(appID: appID, envID: envID, transaction)
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
