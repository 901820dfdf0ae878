import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// What of a plan drivers are asked about: every resource that is made, changed or destroyed, as it would be ordered.
struct PlanQuestions: Sendable {
    /// In the order of the plan, templates last; of a resource that is replaced first its destruction.
    var resources: [InspectedResource] = []
    /// How many are asked about no more.
    var omitted = 0

    static let limit = 8 * InspectionRequest.maximum

    /// Says where a deployment's own id goes: it is another one each time.
    private static let deploymentID = "\(StandIn.outputPrefix)deployment>"

    init() {}

    init(
        _ draft: DeploymentPlanner.Draft, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let known = Known(draft)
        let types = try await DefinitionStore.ownTypes(among: draft.plan.nodes.lazy.map(\.node.identity.type), transaction)
        var chains: [String: [ResourceDriver]] = [:]
        func drivers(of type: String) async throws -> [ResourceDriver]? {
            if chains[type] == nil {
                chains[type] = try await DriverStore.chain(from: type, orgID: context.orgID, transaction)
            }
            return chains[type].flatMap { $0.isEmpty ? nil : $0 }
        }
        // Templates leave nothing outside: with many of them, no room is taken from those that do.
        let (last, first) = (draft.plan.nodes.filter(Self.isTemplate), draft.plan.nodes.filter { !Self.isTemplate($0) })
        for planned in first + last where Self.isAsked(planned) {
            let node = planned.node, record = known.records[node.identity]
            if planned.action == .replace, let record {
                add(Self.destruction(of: record, try await drivers(of: record.resource.driverType)))
            }
            let drivers = try await drivers(of: node.driverType)
            let action: ForeseenAction = planned.action == .replace ? .anew : .provision
            let (inputs, obstacle) = known.inputs(of: planned)
            let work = ResourceWork(
                identity: node.identity, guResID: node.guResID, driverType: node.driverType, drivers: drivers,
                definition: node.definitionID, ownType: types[node.identity.type],
                inputs: StepLimit.removed(from: inputs.document), slots: inputs.slots)
            add(
                InspectedResource(
                    work: work, last: action == .anew ? nil : record?.lastOutputs, foresees: action, obstacle: obstacle))
        }
        for removal in draft.plan.removals where removal.action == .delete && removal.isResource {
            guard let record = known.records[removal.identity], !Self.isSilent(record.resource.driverType) else { continue }
            add(Self.destruction(of: record, try await drivers(of: record.resource.driverType)))
        }
    }

    private mutating func add(_ one: InspectedResource) {
        if resources.count < Self.limit { resources.append(one) } else { omitted += 1 }
    }

    private static func isAsked(_ planned: PlannedNode) -> Bool {
        guard !planned.node.isPassThrough, [.create, .update, .replace].contains(planned.action) else { return false }
        return !isSilent(planned.node.driverType) || planned.action == .replace
    }

    private static func isTemplate(_ planned: PlannedNode) -> Bool { DriverName.own(planned.node.driverType) == "template" }

    /// What it hands out is its inputs, whose changes the plan tells.
    private static func isSilent(_ driverType: String) -> Bool {
        DriverName.own(driverType) == "echo"
    }

    private static func destruction(of record: ActiveResourceStore.Record, _ drivers: [ResourceDriver]?) -> InspectedResource {
        let resource = record.resource
        let work = ResourceWork(
            identity: resource.identity, guResID: resource.guResID, driverType: resource.driverType, drivers: drivers,
            inputs: StepLimit.removed(from: record.inputs), slots: record.slots)
        return InspectedResource(work: work, last: record.lastOutputs, foresees: .destroy)
    }

    /// What stands and what is planned, by identity.
    private struct Known {
        let plan: DeploymentPlan
        let values: [String: ResolvedDocument]
        let records: [ResourceIdentity: ActiveResourceStore.Record]
        let planned: [ResourceIdentity: PlannedNode]

        init(_ draft: DeploymentPlanner.Draft) {
            plan = draft.plan
            values = draft.values
            records = Dictionary(draft.records.map { ($0.resource.identity, $0) }, uniquingKeysWith: { first, _ in first })
            planned = Dictionary(draft.plan.nodes.map { ($0.node.identity, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// What will have the outputs that it has now.
        private func settled(_ identity: ResourceIdentity) -> ActiveResourceStore.Record? {
            guard let record = records[identity], record.resource.status == "active", let planned = planned[identity] else {
                return nil
            }
            let isSame = planned.action == .update && planned.inputDigest == record.inputsDigest
            return planned.action == .keep || isSame ? record : nil
        }

        func inputs(of planned: PlannedNode) -> (inputs: ResolvedDocument, obstacle: String?) {
            let node = planned.node
            var outputs: [ResourceIdentity: NodeOutputs] = [:], awaited: [ResourceIdentity] = []
            for identity in node.dependsOn {
                guard let resource = settled(identity)?.resource else {
                    awaited.append(identity)
                    continue
                }
                outputs[identity] = NodeOutputs(
                    values: resource.resource, secretRefs: resource.secretRefs, guResID: resource.guResID)
            }
            let scope = DeploymentScope(
                deploymentID: PlanQuestions.deploymentID, setID: plan.setID, outputs: outputs, values: values)
            let inputs: ResolvedDocument
            do throws(PlanningError) { inputs = try plan.resolveInputs(of: node, in: scope) } catch {
                return (ResolvedDocument([:]), Self.obstacle(error, awaited))
            }
            let texts = inputs.slots.flatMap(\.parts).map { if case .text(let text) = $0 { text } else { "" } }
            let hasID = ([inputs.document.canonical] + texts).contains { $0.contains(PlanQuestions.deploymentID) }
            return (inputs, hasID ? "its inputs have the deployment's own id" : nil)
        }

        private static func obstacle(_ error: PlanningError, _ awaited: [ResourceIdentity]) -> String {
            guard !awaited.isEmpty else {
                return "it would fail: " + error.problems.prefix(5).map(\.description).joined(separator: "; ")
            }
            let names = awaited.prefix(3).map(\.description).joined(separator: ", ")
            let more = awaited.count > 3 ? " and \(awaited.count - 3) more" : ""
            return "its inputs are known once \(names)\(more) \(awaited.count == 1 ? "is" : "are") done"
        }
    }
}

extension ActiveResourceStore.Record {
    /// What its driver answered last; nil where it never succeeded.
    var lastOutputs: ActionOutputs? {
        guard resource.status == "active" else { return nil }
        return ActionOutputs(values: resource.resource, secretRefs: resource.secretRefs, manifests: manifests)
    }
}
