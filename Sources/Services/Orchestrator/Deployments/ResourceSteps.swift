import FaultPoints
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Provisions and destroys resources.
struct ResourceSteps: Sendable {
    let database: PostgresPool
    let order: RunnerOrder
    let recorder: StepRecorder

    func provision(_ step: ClaimedStep) async throws {
        let (plan, planned) = try step.plan()
        let node = planned.node
        let (inputs, record, drivers) = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            let inputs = try await self.inputs(of: node, plan, step, transaction)
            let record = Self.pending(node, inputs, step)
            // On record before it is made: what a lost attempt leaves behind stays owned.
            try await ActiveResourceStore.upsert(record, transaction)
            try await EventStore.append(
                step.claim.deploymentID, object: planned.object, status: "running", message: planned.reason, transaction)
            let drivers = try await DriverStore.chain(from: node.driverType, orgID: step.claim.orgID, transaction)
            return (inputs, record, drivers)
        }
        try await OrchestratorFaults.beforeOrder.reach()
        let work = ResourceWork(
            identity: node.identity, guResID: node.guResID, driverType: node.driverType, drivers: drivers.isEmpty ? nil : drivers,
            inputs: inputs.document, slots: inputs.slots)
        let outputs = try await order.perform(
            step, object: planned.object, verb: .provision, work: .resource(work), reads: inputs.slots.references)
        var made = record
        made.resource.status = "active"
        made.resource.resource = outputs.values
        made.resource.secretRefs = outputs.secretRefs
        made.manifests = outputs.manifests
        made.inputsDigest = planned.inputDigest
        try await recorder.end(
            step.claim, .succeeded(outputs: try JSON(encoding: outputs), next: [])
        ) { [made] transaction in
            // A workload's node is active once the workload runs.
            if node.workload == nil { try await ActiveResourceStore.upsert(made, transaction) }
        }
    }

    func destroy(_ step: ClaimedStep) async throws {
        let record = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            return try await ActiveResourceStore.record(guResID: step.claim.node, step.context, transaction)
        }
        guard let record else {
            // Gone already: an earlier attempt's end was written.
            return try await recorder.end(step.claim, .succeeded(outputs: nil, next: []))
        }
        let resource = record.resource
        let object = resource.identity.description
        let drivers = try await database.withOrg(step.claim.orgID) { transaction in
            try await ActiveResourceStore.setStatus("deleting", resource.identity, step.context, transaction)
            try await EventStore.append(
                step.claim.deploymentID, object: object, status: "running", message: "destroying", transaction)
            return try await DriverStore.chain(from: resource.driverType, orgID: step.claim.orgID, transaction)
        }
        try await OrchestratorFaults.beforeOrder.reach()
        let work = ResourceWork(
            identity: resource.identity, guResID: resource.guResID, driverType: resource.driverType,
            drivers: drivers.isEmpty ? nil : drivers, force: step.run.force ? true : nil, inputs: record.inputs,
            slots: record.slots)
        _ = try await order.perform(
            step, object: object, verb: .destroy, work: .resource(work), reads: record.slots.references)
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { transaction in
            try await ActiveResourceStore.delete(resource.identity, step.context, transaction)
        }
    }

    private func inputs(
        of node: ResourceNode, _ plan: DeploymentPlan, _ step: ClaimedStep, _ transaction: PostgresTransaction
    ) async throws -> ResolvedDocument {
        let scope = try await step.scope(of: node, transaction)
        do throws(PlanningError) { return try plan.resolveInputs(of: node, in: scope) } catch {
            throw StepFailure(error.problems, type: "provision")
        }
    }

    private static func pending(
        _ node: ResourceNode, _ inputs: ResolvedDocument, _ step: ClaimedStep
    ) -> ActiveResourceStore.Record {
        ActiveResourceStore.Record(node: node, step: step, status: "pending", inputs: inputs.document, slots: inputs.slots)
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
        let records = try await ActiveResourceStore.records(node.dependsOn, context, transaction)
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
            outputs: Dictionary(outputs, uniquingKeysWith: { first, _ in first }))
    }
}
