import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// What stands and nothing asks for.
enum UnusedResources {
    /// By the set that was deployed last.
    ///
    /// - Throws: 409 where the last deployment did not succeed: what it was to replace may still be in use.
    static func now(
        _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Set<ResourceIdentity> {
        guard let environment = try await EnvironmentStore.record(context.envID, appID: context.appID, transaction),
            let last = environment.lastDeployID
        else { return [] }
        guard let deployment = try await DeploymentStore.deployment(last, ofApp: context.appID, transaction),
            deployment.status == .succeeded
        else {
            throw HTTPFailure.conflict(
                "the last deployment '\(last)' has not succeeded: what runs may still use what it was to replace; deploy again first"
            )
        }
        let set = try await SetStore.content(deployment.setID, appID: context.appID, transaction) ?? DeploymentSet()
        do {
            let subject = DeploymentPlanner.Subject(set: set, mode: .incremental)
            return Set(try await DeploymentPlanner().draft(subject, context, transaction).plan.unused)
        } catch let error as PlanningError {
            throw HTTPFailure.problems("plan_invalid", error.problems)
        }
    }
}
