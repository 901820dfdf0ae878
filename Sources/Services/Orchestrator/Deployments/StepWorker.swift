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
    let opening: StepOpening
    let recorder: StepRecorder
    let control: RunControl
    let logger: Logger

    func perform(_ claim: StepStore.Claim) async {
        do {
            try await OrchestratorFaults.afterClaim.reach()
            try await carryOut(try await settled(try await opening.open(claim)))
            try await OrchestratorFaults.afterStep.reach()
        } catch {
            await end(claim, with: error)
        }
    }

    /// A step that came into the place of another one.
    func perform(_ passed: EnginePlaces.Passed) async {
        do {
            try await OrchestratorFaults.afterClaim.reach()
            try await carryOut(try await settled(try await opening.allow(try passed.step.get())))
            try await OrchestratorFaults.afterStep.reach()
        } catch {
            await end(passed.claim, with: error)
        }
    }

    /// What becomes of a step that threw.
    private func end(_ claim: StepStore.Claim, with error: any Error) async {
        // The program ends, or the claim was lost: the step stays claimable.
        if Task.isCancelled || error is CancellationError { return }
        switch error {
        case is LostClaim:
            logger.info("the claim is another's now", metadata: ["step": "\(claim.verb):\(claim.node)"])
        case let failure as StepFailure: await fail(claim, failure)
        case is RunStopped: await end(claim, .withdrawn)
        case is RunOverdue: await stopOverdue(claim)
        case is TryLater, is PostgresError: await later(claim, error)
        case let error as RoomError where error.isTransient: await later(claim, error)
        default:
            // Trying again would find the same.
            logger.error("step broke", metadata: ["step": "\(claim.verb):\(claim.node)", "cause": "\(error)"])
            await fail(
                claim,
                StepFailure(
                    object: claim.verb == "plan" ? "plan" : claim.node, code: "ORC-001",
                    message: "the orchestrator could not go on with '\(claim.verb)'; its log has the cause", type: "plan"))
        }
    }

    /// After another server has taken the database over: what may have been done is looked for by its key, and not before everybody who
    /// may still be at it has stopped.
    private func settled(_ step: ClaimedStep) async throws -> ClaimedStep {
        let claim = step.claim
        guard let replacement = claim.replacement, claim.verb != "plan" else { return step }
        let isConcerned = try await database.withOrg(claim.orgID) { transaction in
            try await replacement.concerns(claim, of: step.run.deployment, transaction)
        }
        guard isConcerned else { return step }
        guard replacement.isSettled else { throw TryLater(cause: "the database has come to another server a moment ago") }
        logger.warning(
            "looked for by its key: the database came to another server while the deployment ran",
            metadata: ["step": "\(claim.verb):\(claim.node)", "deployment": "\(claim.deploymentID)"])
        var step = step
        step.mayBeDone = true
        return step
    }

    private func carryOut(_ step: ClaimedStep) async throws {
        switch step.claim.verb {
        case "plan": try await plan(step)
        case "provision": try await resources.provision(step)
        case "destroy": try await resources.destroy(step)
        case "deploy": try await workloads.deploy(step)
        case "remove": try await workloads.remove(step)
        case "finish": try await workloads.endLogs(step)
        default:
            throw StepFailure(
                object: step.claim.node, code: "ORC-002", message: "no such verb: \(step.claim.verb)", type: "plan")
        }
    }

    private func plan(_ step: ClaimedStep) async throws {
        switch step.run.kind {
        case .deploy:
            let outcome = try await database.withOrg(step.claim.orgID) { transaction in
                try await DeploymentPlanner().plan(step.run, step.context, transaction)
            }
            try await OrchestratorFaults.beforePlanWrite.reach()
            try await recorder.end(
                step.claim, .succeeded(outputs: nil, next: outcome.steps)
            ) { transaction in
                try await DeploymentStore.setPlan(
                    try JSON(encoding: outcome.plan), graphID: outcome.plan.graphID, step.claim.deploymentID, transaction)
                try await ProfileStore.pin(outcome.profiles, to: step.claim.deploymentID, transaction)
                let nodes = outcome.plan.nodes.map { planned in
                    (
                        object: planned.object, status: planned.action == .keep ? "kept" : "pending",
                        message: planned.reason
                    )
                }
                try await EventStore.append(step.claim.deploymentID, nodes: nodes, transaction)
                try await ActiveResourceStore.noteUse(unused: outcome.plan.unused, step.context, transaction)
            }
        case .destroy:
            guard let scope = try step.run.scope?.decode(DestructionScope.self) else {
                throw StepFailure(object: "plan", code: "ORC-002", message: "the run does not say what to destroy", type: "plan")
            }
            let steps = try await database.withOrg(step.claim.orgID) { transaction in
                try await DestructionPlanner().steps(scope, step.context, transaction)
            }
            try await recorder.end(step.claim, .succeeded(outputs: nil, next: steps))
        }
    }

    /// The run's time is over, and this step was not begun: the run is stopped, and the step comes back to be withdrawn.
    private func stopOverdue(_ claim: StepStore.Claim) async {
        do { try await control.stopOverdue(claim.deploymentID, orgID: claim.orgID) } catch {
            logger.warning(
                "overdue deployment not stopped", metadata: ["deployment": "\(claim.deploymentID)", "cause": "\(error)"])
        }
        await putOff(claim, "the deployment's time is over")
    }

    private func fail(_ claim: StepStore.Claim, _ failure: StepFailure) async { await end(claim, .failed(failure)) }

    private func end(_ claim: StepStore.Claim, _ ending: StepRecorder.Ending) async {
        do {
            try await recorder.end(claim, ending)
        } catch is LostClaim {
            logger.info("the claim is another's now", metadata: ["step": "\(claim.verb):\(claim.node)"])
        } catch {
            await putOff(claim, "\(error)")
        }
    }

    /// Gives the step back: another room, or the database, does not answer. After the step's deadline it ends with that.
    private func later(_ claim: StepStore.Claim, _ error: any Error) async {
        let cause = (error as? TryLater)?.cause ?? "\(error)"
        guard claim.isOverdue else { return await putOff(claim, cause) }
        logger.error("step given up", metadata: ["step": "\(claim.verb):\(claim.node)", "cause": "\(cause)"])
        let known = (error as? TryLater)?.cause ?? "the database does not answer"
        await fail(
            claim,
            StepFailure(
                object: claim.verb == "plan" ? "plan" : claim.node, code: "ORC-005",
                message:
                    "tried for \(Int(StepStore.deadlineSeconds / 60)) minutes without an answer: \(known); deploy again once that is repaired",
                type: claim.verb == "plan" ? "plan" : "provision", isUnknown: claim.verb != "plan"))
    }

    private func putOff(_ claim: StepStore.Claim, _ cause: String) async {
        logger.warning("step put off", metadata: ["step": "\(claim.verb):\(claim.node)", "cause": "\(cause)"])
        do { try await StepStore.release(claim, afterSeconds: 1, database) } catch {
            // Nothing is lost: the claim runs out by itself.
            logger.warning("claim not given back", metadata: ["step": "\(claim.verb):\(claim.node)", "cause": "\(error)"])
        }
    }
}

/// The run was stopped before the step began.
struct RunStopped: Error {}

/// The run's time is over, and it is not stopped yet.
struct RunOverdue: Error {}

/// A step with what it is about.
struct ClaimedStep: Sendable {
    let claim: StepStore.Claim
    let run: DeploymentStore.Run
    let context: EnvironmentContext
    /// Of the environment's type.
    let limits: EnvironmentTypeLimits
    /// Of a deployment, once it has one.
    let decidedPlan: DecidedPlan?
    /// What it needs and was made in the transaction that began it.
    var standing: [ResourceIdentity: ActiveResourceStore.Record] = [:]
    /// It may have been done, and nothing is on record for it (`ServerReplacement`).
    var mayBeDone = false
    /// An earlier claim of this attempt had begun it: what it orders may be under way, or done.
    var hasBegun = false
    /// Who wanted it may do it no longer: what was begun of it is told to stop.
    var denial: StepFailure?

    /// Why it is to stop, as far as is known when it is claimed.
    var stop: String? { denial?.errors.first?.message ?? run.stop?.reason }
}

extension PlannedNode {
    /// What people call it.
    var object: String { node.workload.map { "workload \($0)" } ?? node.identity.description }
}
