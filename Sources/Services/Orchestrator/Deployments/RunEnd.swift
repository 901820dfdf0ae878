import PlatformModel
import Postgres

/// Ends a run, and starts the next one of its environment.
struct RunEnd {
    let plans: PlanCache

    func finish(
        _ run: DeploymentStore.Run, succeeded: Bool, orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        let status: DeploymentStatus = succeeded ? .succeeded : .failed
        let deployment = run.deployment
        plans.forget(deployment.id, org: orgID)
        try await DeploymentStore.setStatus(status, deployment.id, transaction)
        try await EventStore.append(deployment.id, status: status.rawValue, transaction)
        try await RolloutQueueStore.tellEnd(of: deployment.id, orgID: orgID, transaction)
        if run.kind == .destroy, let stop = run.stop {
            try await CancelledDeletion.restore(run, stop, transaction)
        } else if run.isOfEnvironment {
            try await finishEnvironment(run, succeeded: succeeded, transaction)
        }
        if run.kind == .deploy, succeeded {
            let context = EnvironmentContext(orgID: orgID, appID: run.appID, envID: deployment.envID, envType: "")
            try await DriftQueue.join(context, transaction)
        }
        if run.kind == .deploy {
            let context = EnvironmentContext(orgID: orgID, appID: run.appID, envID: deployment.envID, envType: "")
            try await WorkloadUseStore.settle(context, transaction)
            // One that waits for the organisation's limit in another environment may have its turn now.
            try await HeldEnvironmentStore.tell(transaction)
        }
        try await RunQueue.startNext(
            orgID: orgID, appID: run.appID, envID: deployment.envID, turn: .successor, transaction)
    }

    /// The environment goes with its last resource; the application with its last environment, when it is on its way out.
    private func finishEnvironment(
        _ run: DeploymentStore.Run, succeeded: Bool, _ transaction: PostgresTransaction
    ) async throws {
        let envID = run.deployment.envID
        guard succeeded else {
            let errors = try await DeploymentStore.errors(of: run.deployment.id, transaction)
            let causes = errors.map { "\($0.objectID): \($0.code) \($0.summary)" }.joined(separator: "; ")
            try await EnvironmentStore.setStatus(
                .deleting, message: "not everything could be removed: \(causes). Delete it again to go on.", envID,
                appID: run.appID, transaction)
            return
        }
        try await ApplicationStore.lock(run.appID, transaction)
        try await EnvironmentStore.delete(envID, appID: run.appID, transaction)
        try await ApplicationStore.deleteWhenEmpty(run.appID, transaction)
    }
}
