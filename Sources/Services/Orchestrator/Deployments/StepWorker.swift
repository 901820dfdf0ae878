import FaultPoints
import Logging
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Does one claimed step, whatever its verb, and writes how it ended.
struct StepWorker: Sendable {
    let database: PostgresPool
    let resources: ResourceSteps
    let workloads: WorkloadSteps
    let access: PresentAccess
    let recorder: StepRecorder
    let logger: Logger

    func perform(_ claim: StepStore.Claim) async {
        do {
            try await OrchestratorFaults.afterClaim.reach()
            let step = try await begin(claim)
            try await access.require(step)
            try await carryOut(step)
            try await OrchestratorFaults.afterStep.reach()
        } catch is LostClaim {
            logger.info("the claim is another's now", metadata: ["step": "\(claim.verb):\(claim.node)"])
        } catch is CancellationError {
            // The program ends, or the claim was lost: the step stays claimable.
        } catch let failure as StepFailure {
            await fail(claim, failure)
        } catch {
            await later(claim, error)
        }
    }

    private func carryOut(_ step: ClaimedStep) async throws {
        switch step.claim.verb {
        case "plan": try await plan(step)
        case "provision": try await resources.provision(step)
        case "destroy": try await resources.destroy(step)
        case "deploy": try await workloads.deploy(step)
        case "remove": try await workloads.remove(step)
        default:
            throw StepFailure(
                object: step.claim.node, code: "ORC-001", message: "no such verb: \(step.claim.verb)", type: "plan")
        }
    }

    /// Reads what the step is about, and puts it on record as running.
    private func begin(_ claim: StepStore.Claim) async throws -> ClaimedStep {
        try await database.withOrg(claim.orgID) { transaction in
            guard try await StepStore.holds(claim, transaction),
                let run = try await DeploymentStore.run(claim.deploymentID, transaction),
                let environment = try await EnvironmentStore.record(run.deployment.envID, appID: run.appID, transaction)
            else { throw LostClaim() }
            try await StepStore.setRunning(claim, transaction)
            let context = EnvironmentContext(
                orgID: claim.orgID, appID: run.appID, envID: environment.id, envType: environment.type)
            return ClaimedStep(claim: claim, run: run, context: context)
        }
    }

    private func plan(_ step: ClaimedStep) async throws {
        switch step.run.kind {
        case .deploy:
            let outcome = try await database.withOrg(step.claim.orgID) { transaction in
                try await DeploymentPlanner().plan(step.run, step.context, transaction)
            }
            try await OrchestratorFaults.beforePlanWrite.reach()
            try await recorder.end(step.claim, .succeeded(outputs: nil, next: outcome.steps)) { transaction in
                try await DeploymentStore.setPlan(
                    try JSON(encoding: outcome.plan), graphID: outcome.plan.graphID, step.claim.deploymentID, transaction)
                for planned in outcome.plan.nodes {
                    let kept = planned.action == .keep
                    try await EventStore.append(
                        step.claim.deploymentID, object: planned.object, status: kept ? "kept" : "pending",
                        message: planned.reason, transaction)
                }
            }
        case .destroy:
            guard let scope = try step.run.plan?["scope"]?.decode(DestructionScope.self) else {
                throw StepFailure(object: "plan", code: "ORC-002", message: "the run does not say what to destroy", type: "plan")
            }
            let outcome = try await database.withOrg(step.claim.orgID) { transaction in
                try await DestructionPlanner().plan(scope, step.context, transaction)
            }
            try await recorder.end(step.claim, .succeeded(outputs: nil, next: outcome.steps)) { transaction in
                try await DeploymentStore.setPlan(
                    try JSON(encoding: outcome.plan), graphID: "", step.claim.deploymentID, transaction)
            }
        }
    }

    private func fail(_ claim: StepStore.Claim, _ failure: StepFailure) async {
        do {
            try await recorder.end(claim, .failed(failure))
        } catch is LostClaim {
            logger.info("the claim is another's now", metadata: ["step": "\(claim.verb):\(claim.node)"])
        } catch {
            await later(claim, error)
        }
    }

    /// Gives the step back: another room, or the database, does not answer.
    private func later(_ claim: StepStore.Claim, _ error: any Error) async {
        logger.warning(
            "step put off", metadata: ["step": "\(claim.verb):\(claim.node)", "cause": "\((error as? TryLater)?.cause ?? "\(error)")"])
        try? await StepStore.release(claim, afterSeconds: 1, database)
    }
}

/// A step with what it is about.
struct ClaimedStep: Sendable {
    let claim: StepStore.Claim
    let run: DeploymentStore.Run
    let context: EnvironmentContext
}

extension PlannedNode {
    /// What people call it.
    var object: String { node.workload.map { "workload \($0)" } ?? node.identity.description }
}
