import FaultPoints
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Provisions and destroys resources.
struct ResourceSteps: Sendable {
    let database: PostgresPool
    let runner: RunnerOrder
    let orders: ProvisionOrders
    let destructions: DestructionOrders
    let recorder: StepRecorder
    /// Seconds, where a definition says nothing else.
    let timeoutSeconds: Int

    func provision(_ step: ClaimedStep) async throws {
        let planned = try step.plan().node
        let node = planned.node
        let order = try await orders.prepare(step)
        try await OrchestratorFaults.beforeOrder.reach()
        let started = order.isOnRecord ? nil : try EventStore.Entry.started(step)
        let limit = try StepLimit(inputs: order.inputs.document, object: planned.object, default: timeoutSeconds).narrowed(
            by: step.limits)
        let outputs = try await runner.perform(
            step, object: planned.object, verb: .provision, work: .resource(order.work), reads: order.inputs.slots.references,
            limit: limit)
        // A workload's node is active once the workload runs; what its own resource gave is read from the step.
        guard node.workload == nil else {
            return try await recorder.end(
                step.claim, .succeeded(outputs: try JSON(encoding: outputs), next: []), started: started)
        }
        var made = order.record
        made.resource.status = "active"
        made.resource.resource = outputs.values
        made.resource.secretRefs = outputs.secretRefs
        made.manifests = outputs.manifests
        made.inputsDigest = planned.inputDigest
        try await recorder.end(
            step.claim, .succeeded(outputs: nil, next: []), started: started,
            made: made)
    }

    func destroy(_ step: ClaimedStep) async throws {
        guard let order = try await destructions.prepare(step) else {
            return try await recorder.end(step.claim, .succeeded(outputs: nil, next: []))
        }
        try await OrchestratorFaults.beforeOrder.reach()
        let record = order.record, object = record.resource.identity.description
        let limit = try StepLimit(inputs: record.inputs, object: object, default: timeoutSeconds).narrowed(
            by: step.limits)
        _ = try await runner.perform(
            step, object: object, verb: .destroy, work: .resource(order.work), reads: record.slots.references, limit: limit)
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: []), gone: record.resource)
    }
}

extension ActiveResourceStore.Record {
    /// What is on record of a node before it is known what came of it.
    init(node: ResourceNode, step: ClaimedStep, status: String, inputs: JSON, slots: [SecretSlot]) {
        self.init(
            resource: ActiveResource(
                context: step.context, identity: node.identity, guResID: node.guResID, defID: node.definitionID,
                defVersionID: node.definitionVersionID, criteriaID: node.criteriaID, driverType: node.driverType,
                driverAccount: node.driverAccount, deployID: step.claim.deploymentID, status: status, resource: [:],
                secretRefs: [:], updatedAt: Timestamp(milliseconds: 0)),
            manifests: [], inputs: inputs, slots: slots, inputsDigest: "", dependsOn: node.dependsOn.map(\.description))
    }
}

extension ClaimedStep {
    /// The deployment's plan, and what it says of this step's node.
    func plan() throws -> (plan: DeploymentPlan, node: PlannedNode) {
        guard let decidedPlan else {
            throw StepFailure(object: claim.node, code: "ORC-002", message: "the run has no plan", type: "plan")
        }
        guard let planned = decidedPlan.node(guResID: claim.node) else {
            throw StepFailure(object: claim.node, code: "ORC-002", message: "the plan has no such node", type: "plan")
        }
        return (decidedPlan.plan, planned)
    }

    /// What the placeholders of a node may refer to: the outputs of what it depends on, and nothing else of the environment.
    func scope(of node: ResourceNode, _ transaction: PostgresTransaction) async throws -> DeploymentScope {
        scope(try await ActiveResourceStore.records(node.dependsOn, context, transaction))
    }

    func scope(_ records: [ActiveResourceStore.Record]) -> DeploymentScope {
        let outputs = records.map { record in
            (
                record.resource.identity,
                NodeOutputs(
                    values: record.resource.resource, secretRefs: record.resource.secretRefs,
                    guResID: record.resource.guResID)
            )
        }
        return DeploymentScope(
            deploymentID: claim.deploymentID, setID: run.deployment.setID,
            outputs: Dictionary(outputs, uniquingKeysWith: { first, _ in first }), values: decidedPlan?.values ?? [:])
    }
}
