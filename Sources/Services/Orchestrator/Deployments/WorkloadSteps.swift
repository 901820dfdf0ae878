import FaultPoints
import Manifests
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Deploys workloads to their environment's deploy target, and takes them away.
struct WorkloadSteps: Sendable {
    let database: PostgresPool
    let order: RunnerOrder
    let recorder: StepRecorder
    /// Seconds, where a workload's own timeout is not longer.
    let timeoutSeconds: Int

    func deploy(_ step: ClaimedStep) async throws {
        let (plan, planned) = try step.plan()
        guard let name = planned.node.workload else {
            throw StepFailure(object: planned.object, code: "ORC-002", message: "not a workload", type: "deploy")
        }
        let (rendered, condition, record) = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            let prepared = try await render(name, planned, plan, step, transaction)
            let record = try await self.record(of: planned.node, step, transaction)
            try await ActiveResourceStore.upsert(record, transaction)
            try await EventStore.append(
                step.claim.deploymentID, object: planned.object, status: "running", message: planned.reason, transaction)
            try await ComputeAdmission.admit(prepared.0, of: name, step.context, transaction)
            return (prepared.0, prepared.condition, record)
        }
        try await OrchestratorFaults.beforeOrder.reach()
        let reads = rendered.slots.references
        let allowed = limit(condition.timeout).narrowed(by: step.limits)
        let work = WorkloadWork(
            workloadID: name, objects: rendered.objects, slots: rendered.slots,
            timeoutSeconds: min(condition.timeout, allowed.seconds),
            success: DeployCondition.Success(rawValue: condition.success) ?? .available)
        _ = try await order.perform(
            step, object: planned.object, verb: .deploy, work: .workload(work), reads: reads, limit: allowed)
        // The workload may restart months later: what it reads stays readable to its runner until it is deployed anew or removed.
        try await order.keepStanding(step, reads: reads)
        var made = record
        made.resource.status = "active"
        made.inputsDigest = planned.inputDigest
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { [made] transaction in
            try await ActiveResourceStore.upsert(made, transaction)
            try await WorkloadManifestStore.keep(rendered, of: name, step.context, transaction)
            try await WorkloadUseStore.deployed(name, step.context, transaction)
        }
    }

    func remove(_ step: ClaimedStep) async throws {
        if step.claim.node == step.context.environmentNode { return try await removeEnvironment(step) }
        let record = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            return try await ActiveResourceStore.record(guResID: step.claim.node, step.context, transaction)
        }
        guard let record else { return try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) }
        let identity = record.resource.identity
        let name = String(identity.id.dropFirst("modules.".count))
        let work = WorkloadWork(workloadID: name, objects: [], slots: [], timeoutSeconds: DeployCondition.defaultTimeout)
        try await OrchestratorFaults.beforeOrder.reach()
        _ = try await order.perform(
            step, object: "workload \(name)", verb: .remove, work: .workload(work), reads: [],
            limit: limit(0).narrowed(by: step.limits))
        try await order.endStanding([step.claim.node], step)
        let isGone = record.resource.isPassThroughWorkload
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { transaction in
            // What a definition made for it is destroyed by the step that comes next.
            if isGone { try await ActiveResourceStore.delete(identity, step.context, transaction) }
            try await WorkloadManifestStore.delete(name, step.context, transaction)
            try await WorkloadUseStore.delete(name, step.context, transaction)
        }
    }

    /// The target itself ends a rollout at the workload's timeout, and says why; this is for one that does not.
    private func limit(_ timeout: Int) -> StepLimit {
        let own = timeout + 120
        return own > timeoutSeconds
            ? StepLimit(seconds: own, source: "its deploy.timeout and two minutes")
            : StepLimit(seconds: timeoutSeconds, source: "the orchestrator's engine.step_timeout_seconds")
    }

    func endLogs(_ step: ClaimedStep) async throws {
        try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
        }
        try await order.endLogs(step)
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: []))
    }

    /// What is on record of the workload; with what its definition's driver was given, where it has one.
    private func record(
        of node: ResourceNode, _ step: ClaimedStep, _ transaction: PostgresTransaction
    ) async throws -> ActiveResourceStore.Record {
        let provisioned =
            node.isPassThrough
            ? nil : try await ActiveResourceStore.records([node.identity], step.context, transaction).first
        return ActiveResourceStore.Record(
            node: node, step: step, status: "pending", inputs: provisioned?.inputs ?? [:], slots: provisioned?.slots ?? [])
    }

    private func removeEnvironment(_ step: ClaimedStep) async throws {
        let object = "environment \(step.context.envID)"
        let workloads = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            return try await ActiveResourceStore.list(step.context, transaction).map(\.resource).filter(\.identity.isWorkload)
        }
        try await OrchestratorFaults.beforeOrder.reach()
        _ = try await order.perform(
            step, object: object, verb: .remove, work: .environment, reads: [], limit: limit(0).narrowed(by: step.limits))
        try await order.endStanding(workloads.map(\.guResID), step)
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { transaction in
            for workload in workloads where workload.isPassThroughWorkload {
                try await ActiveResourceStore.delete(workload.identity, step.context, transaction)
            }
        }
    }

    private func render(
        _ name: String, _ planned: PlannedNode, _ plan: DeploymentPlan, _ step: ClaimedStep,
        _ transaction: PostgresTransaction
    ) async throws -> (RenderedWorkload, condition: DeployCondition) {
        guard let decided = step.decidedPlan, let workload = decided.set.modules[name] else {
            throw StepFailure(object: planned.object, code: "ORC-002", message: "the set has no such workload", type: "deploy")
        }
        let scope = try await step.scope(of: planned.node, transaction)
        let rendering = WorkloadRendering(plan: plan, set: decided.set, context: step.context, reach: decided.reach)
        let records = try await ActiveResourceStore.records(rendering.resources(of: planned.node), step.context, transaction)
        let own = try await ownOutputs(step, transaction)
        do {
            let rendered =
                try rendering
                .render(name, planned.node, in: scope, records: records, own: own)
            return (rendered, workload.deploy ?? DeployCondition())
        } catch let error as PlanningError {
            throw StepFailure(error.problems, type: "deploy")
        } catch let error as ManifestProblems {
            throw StepFailure(error.problems, type: "deploy")
        }
    }

    /// What the workload's own resource gave, when a definition matched it: its `update` patches the spec.
    private func ownOutputs(_ step: ClaimedStep, _ transaction: PostgresTransaction) async throws -> ActionOutputs? {
        try await StepStore.outputs(
            node: step.claim.node, verb: "provision", deploymentID: step.claim.deploymentID, transaction)?.decode(
                ActionOutputs.self)
    }
}
