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

    func deploy(_ step: ClaimedStep) async throws {
        let (plan, planned) = try step.plan()
        guard let name = planned.node.workload else {
            throw StepFailure(object: planned.object, code: "ORC-002", message: "not a workload", type: "deploy")
        }
        let (rendered, timeout, record) = try await database.withOrg(step.claim.orgID) { transaction in
            guard try await StepStore.holds(step.claim, transaction) else { throw LostClaim() }
            let prepared = try await render(name, planned, plan, step, transaction)
            let record = try await self.record(of: planned.node, step, transaction)
            try await ActiveResourceStore.upsert(record, transaction)
            try await EventStore.append(
                step.claim.deploymentID, object: planned.object, status: "running", message: planned.reason, transaction)
            return (prepared.0, prepared.timeout, record)
        }
        try await OrchestratorFaults.beforeOrder.reach()
        let reads = rendered.slots.references
        let work = WorkloadWork(
            workloadID: name, objects: rendered.objects, slots: rendered.slots, timeoutSeconds: timeout)
        _ = try await order.perform(step, object: planned.object, verb: .deploy, work: .workload(work), reads: reads)
        // The workload may restart months later: what it reads stays readable to its runner until it is deployed anew or removed.
        try await order.keepStanding(step, reads: reads)
        var made = record
        made.resource.status = "active"
        made.inputsDigest = planned.inputDigest
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { [made] transaction in
            try await ActiveResourceStore.upsert(made, transaction)
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
        _ = try await order.perform(step, object: "workload \(name)", verb: .remove, work: .workload(work), reads: [])
        try await order.endStanding([step.claim.node], step)
        let isGone = record.resource.isPassThroughWorkload
        try await recorder.end(step.claim, .succeeded(outputs: nil, next: [])) { transaction in
            // What a definition made for it is destroyed by the step that comes next.
            if isGone { try await ActiveResourceStore.delete(identity, step.context, transaction) }
        }
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
            return try await ActiveResourceStore.list(step.context, transaction).map(\.resource).filter { $0.type == "workload" }
        }
        try await OrchestratorFaults.beforeOrder.reach()
        _ = try await order.perform(step, object: object, verb: .remove, work: .environment, reads: [])
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
    ) async throws -> (RenderedWorkload, timeout: Int) {
        guard let set = step.decidedPlan?.set, let workload = set.modules[name] else {
            throw StepFailure(object: planned.object, code: "ORC-002", message: "the set has no such workload", type: "deploy")
        }
        let scope = try await step.scope(of: planned.node, transaction)
        let spec: ResolvedDocument
        do throws(PlanningError) { spec = try plan.resolveWorkload(name, of: set, in: scope) } catch {
            throw StepFailure(error.problems, type: "deploy")
        }
        var input = WorkloadInput(environment: step.context, name: name, workload: workload, slots: spec.slots)
        input.workload.spec = spec.document
        var manifests = try await addResources(to: &input, planned, plan, step, transaction)
        if let own = try await ownOutputs(step, transaction) {
            input.update = own.values["update"]
            input.manifests += own.manifests.map { InjectedManifest($0) }
            manifests += own.manifests.map { InjectedManifest($0, source: planned.node.identity.description) }
        }
        input.manifests.removeAll { !Self.podLocations.contains($0.manifest.location) }
        do throws(ManifestProblems) {
            let common = try EnvironmentRenderer.render(manifests, namespace: input.namespace)
            let rendered = try WorkloadRenderer.render(input).preceded(by: common)
            return (rendered, workload.deploy?.timeout ?? DeployCondition.defaultTimeout)
        } catch {
            throw StepFailure(error.problems, type: "deploy")
        }
    }

    /// What goes into the pods; all else belongs to the environment.
    private static let podLocations = ["containers", "volumes"]

    /// What the resources that the workload depends on bring along, and their hosts, each by the names that the workload has for it; and
    /// the environment's namespace. Returns the manifests of all that has to be in the environment for it.
    private func addResources(
        to input: inout WorkloadInput, _ planned: PlannedNode, _ plan: DeploymentPlan, _ step: ClaimedStep,
        _ transaction: PostgresTransaction
    ) async throws -> [InjectedManifest] {
        let direct = Set(planned.node.dependsOn), reached = step.decidedPlan?.reach.resources(for: planned.node.identity) ?? []
        let names = DependencyAliases(plan.names).names(of: direct, in: planned.node.workload ?? "")
        var manifests: [InjectedManifest] = []
        for record in try await ActiveResourceStore.records(direct.union(reached), step.context, transaction) {
            let identity = record.resource.identity
            if identity == .namespace { input.namespace = record.resource.resource["namespace"]?.string }
            // A workload brings its own.
            if identity.workload == nil {
                manifests += record.manifests.map { InjectedManifest($0, source: identity.description) }
            }
            guard direct.contains(identity) else { continue }
            input.add(record.manifests, host: record.resource.resource["host"]?.string, names: names[identity] ?? [])
        }
        return manifests
    }

    /// What the workload's own resource gave, when a definition matched it: its `update` patches the spec.
    private func ownOutputs(_ step: ClaimedStep, _ transaction: PostgresTransaction) async throws -> ActionOutputs? {
        try await StepStore.outputs(
            node: step.claim.node, verb: "provision", deploymentID: step.claim.deploymentID, transaction)?.decode(
                ActionOutputs.self)
    }
}
