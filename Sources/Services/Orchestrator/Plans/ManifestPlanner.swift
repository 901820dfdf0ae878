import Manifests
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// What a plan does to the Kubernetes objects of its workloads: those that each was deployed with last, beside those that it would be
/// deployed with now.
struct ManifestPlanner: Sendable {
    /// Says where a deployment's own id goes.
    private static let deploymentID = "\(StandIn.outputPrefix)deployment>"

    func changes(
        of draft: DeploymentPlanner.Draft, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [WorkloadChange] {
        let touched = draft.plan.nodes.filter { $0.node.workload != nil && $0.action != .keep }
        let names = touched.compactMap(\.node.workload) + draft.plan.removedWorkloads
        let before = try await WorkloadManifestStore.list(names, context, transaction)
        let past = Past(draft)
        let rendering = WorkloadRendering(plan: draft.plan, set: draft.set, context: context, reach: PlanReach(draft.plan))
        var changes: [WorkloadChange] = []
        for planned in touched {
            guard let name = planned.node.workload else { continue }
            let own = try await ownOutputs(of: planned, past, transaction)
            changes.append(change(of: name, planned, rendering, past, own, before[name]))
        }
        for name in draft.plan.removedWorkloads {
            changes.append(
                WorkloadChange(
                    workload: name, changes: before[name].map { ManifestChange.between($0.resolved, ResolvedDocument([])) } ?? [],
                    awaits: [], note: before[name] == nil ? Self.notOnRecord : nil))
        }
        return changes
    }

    /// What stands, and what becomes of it.
    private struct Past {
        let values: [String: ResolvedDocument]
        let records: [ResourceIdentity: ActiveResourceStore.Record]
        /// What will be done to what.
        let actions: [ResourceIdentity: PlanAction]

        init(_ draft: DeploymentPlanner.Draft) {
            values = draft.values
            records = Dictionary(draft.records.map { ($0.resource.identity, $0) }, uniquingKeysWith: { first, _ in first })
            actions = Dictionary(
                draft.plan.nodes.map { ($0.node.identity, $0.action) }, uniquingKeysWith: { first, _ in first })
        }

        /// What is there and stays the same thing, though it may be updated.
        func stays(_ identity: ResourceIdentity) -> ActiveResourceStore.Record? {
            guard let action = actions[identity], action == .keep || action == .update else { return nil }
            return records[identity]
        }
    }

    private func change(
        of name: String, _ planned: PlannedNode, _ rendering: WorkloadRendering, _ past: Past, _ own: ActionOutputs?,
        _ before: RenderedWorkload?
    ) -> WorkloadChange {
        let node = planned.node, resources = rendering.resources(of: node).sorted()
        var change = WorkloadChange(
            workload: name, changes: [], awaits: resources.filter { past.actions[$0] != .keep }, note: nil)
        let isNew = planned.action == .create
        if !node.isPassThrough, own == nil || past.records[node.identity]?.resource.defVersionID != node.definitionVersionID {
            change.awaits.append(node.identity)
        }
        do {
            let records = resources.compactMap { past.stays($0) }
            let after = try rendering.render(name, node, in: scope(of: node, rendering, past), records: records, own: own)
            if before == nil, !isNew { change.note = Self.notOnRecord }
            if before != nil || isNew {
                change.changes = ManifestChange.between(before?.resolved ?? ResolvedDocument([]), after.resolved)
            }
        } catch let error as PlanningError {
            change.note = Self.note(error.problems, awaits: change.awaits)
        } catch let error as ManifestProblems {
            change.note = Self.note(error.problems, awaits: change.awaits)
        } catch {
            change.note = "its objects cannot be made: \(error)"
        }
        return change
    }

    /// What is made first has outputs that are not known yet; of what is updated, those of today.
    private func scope(of node: ResourceNode, _ rendering: WorkloadRendering, _ past: Past) -> DeploymentScope {
        var outputs: [ResourceIdentity: NodeOutputs] = [:]
        for identity in node.dependsOn {
            guard let resource = past.stays(identity)?.resource else { continue }
            outputs[identity] = NodeOutputs(
                values: resource.resource, secretRefs: resource.secretRefs, guResID: resource.guResID,
                isOpen: past.actions[identity] == .update)
        }
        return DeploymentScope(
            deploymentID: Self.deploymentID, setID: rendering.plan.setID, outputs: outputs, values: past.values
        ) { [context = rendering.context] identity in
            NodeOutputs(values: [:], secretRefs: [:], guResID: context.guResID(of: identity), isOpen: true)
        }
    }

    /// What the workload's definition gave last time.
    private func ownOutputs(
        of planned: PlannedNode, _ past: Past, _ transaction: PostgresTransaction
    ) async throws -> ActionOutputs? {
        let node = planned.node
        guard !node.isPassThrough, let record = past.records[node.identity] else { return nil }
        return try await StepStore.outputs(
            node: node.guResID, verb: "provision", deploymentID: record.resource.deployID, transaction)?.decode(
                ActionOutputs.self)
    }

    private static let notOnRecord = "what it runs with was deployed by an earlier version, and is not on record"

    private static func note(_ problems: [Problem], awaits: [ResourceIdentity]) -> String {
        let words = problems.prefix(5).map(\.description).joined(separator: "; ")
        guard !awaits.isEmpty else { return "it would fail: \(words)" }
        return "its objects are known once \(awaits.map(\.description).joined(separator: ", ")) "
            + "\(awaits.count == 1 ? "is" : "are") done (\(words))"
    }
}

extension RenderedWorkload {
    fileprivate var resolved: ResolvedDocument { ResolvedDocument(.array(objects), slots: slots) }
}
