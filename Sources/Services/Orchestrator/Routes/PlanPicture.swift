import Planning
import PlatformModel

/// What happens to one resource or workload, as the API shows it.
struct PlannedNodePicture: Encodable {
    var id: String
    var type: String
    var `class`: String
    var resID: String
    var guResID: String
    var definition: String
    var driver: String
    var action: PlanAction
    var reason: String
    var dependsOn: [String]
    /// Which inputs an update changes, secrets as fingerprints.
    var changes: [InputChange]
    /// What its driver says that it would do; nil where it says nothing.
    var effects: PlannedEffects?

    init(_ planned: PlannedNode, _ effects: PlanEffects? = nil) {
        let node = planned.node
        id = node.identity.description
        type = node.identity.type
        `class` = node.identity.class
        resID = node.identity.id
        guResID = node.guResID
        definition = node.definitionID
        driver = node.driverType
        action = planned.action
        reason = planned.reason
        dependsOn = node.dependsOn.map(\.description)
        changes = planned.changes
        self.effects = effects?.resources[id]
    }

    private enum CodingKeys: String, CodingKey {
        case id, type, `class`, definition, driver, action, reason, changes, effects
        case resID = "res_id"
        case guResID = "guresid"
        case dependsOn = "depends_on"
    }
}

/// Something that stands and that the set has no more: a workload that goes, a resource that goes or that nothing asks for.
struct PlannedRemovalPicture: Encodable {
    var id: String
    var type: String
    var `class`: String
    var resID: String
    var definition: String
    var action: PlanAction
    var reason: String
    var effects: PlannedEffects?

    static func all(of plan: DeploymentPlan, _ effects: PlanEffects? = nil) -> [PlannedRemovalPicture] {
        plan.removals.filter { $0.action == .delete || $0.isResource }.map { removal in
            let identity = removal.identity
            return PlannedRemovalPicture(
                id: identity.description, type: identity.type, class: identity.class, resID: identity.id,
                definition: removal.definitionID, action: removal.action, reason: removal.reason,
                effects: effects?.resources[identity.description])
        }
    }

    private enum CodingKeys: String, CodingKey {
        case id, type, `class`, definition, action, reason, effects
        case resID = "res_id"
    }
}

/// A plan as lists show it, and with all that it says.
struct PlanPicture: Encodable {
    private struct Workload: Encodable {
        var workload: String
        var objects: [ManifestChange]
        var awaits: [String]
        var note: String?
    }

    private let summary: PlanSummary
    private let context: EnvironmentContext
    private var plan: SavedPlan?
    private var moves: [PlanMove] = []
    private var limits: [LimitUse] = []

    init(_ summary: PlanSummary, _ context: EnvironmentContext) {
        self.summary = summary
        self.context = context
    }

    /// - Parameters:
    ///   - moves: what moved since it was made.
    ///   - limits: of the organisation, with what it would make of them.
    init(_ plan: SavedPlan, moves: [PlanMove], limits: [LimitUse], _ context: EnvironmentContext) {
        self.init(plan.summary, context)
        self.plan = plan
        self.moves = moves
        self.limits = limits
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(summary.id, forKey: .id)
        try container.encode(context.appID, forKey: .appID)
        try container.encode(context.envID, forKey: .envID)
        try container.encode(summary.source, forKey: .source)
        try container.encodeIfPresent(summary.deltaID, forKey: .deltaID)
        try container.encode(summary.fromDeployID ?? "", forKey: .fromID)
        try container.encode(summary.baseSetID, forKey: .baseSetID)
        try container.encode(summary.setID, forKey: .setID)
        try container.encode(summary.mode, forKey: .mode)
        try container.encode(summary.comment, forKey: .comment)
        try container.encode(summary.totals, forKey: .totals)
        try container.encodeIfPresent(summary.deploymentID, forKey: .deploymentID)
        try container.encodeIfPresent(summary.valueSetVersionID, forKey: .valueSetVersionID)
        try container.encode(summary.createdAt, forKey: .createdAt)
        try container.encode(summary.createdBy, forKey: .createdBy)
        guard let plan else { return }
        try container.encode(moves.isEmpty, forKey: .holds)
        try container.encode(moves, forKey: .moved)
        try container.encode(plan.plan.nodes.map { PlannedNodePicture($0, plan.effects) }, forKey: .nodes)
        try container.encode(PlannedRemovalPicture.all(of: plan.plan, plan.effects), forKey: .removals)
        try container.encodeIfPresent(plan.effects?.note, forKey: .effectsNote)
        try container.encode(
            plan.manifests.map {
                Workload(workload: $0.workload, objects: $0.changes, awaits: $0.awaits.map(\.description), note: $0.note)
            }, forKey: .manifests)
        let order = (try? WorkloadOrder(plan.set, plan.plan))?.places ?? []
        try container.encode(order.map(WorkloadPlacePicture.init), forKey: .order)
        try container.encode(limits, forKey: .limits)
    }

    private enum CodingKeys: String, CodingKey {
        case id, source, mode, comment, totals, holds, moved, nodes, removals, manifests, order, limits
        case appID = "app_id"
        case envID = "env_id"
        case deltaID = "delta_id"
        case fromID = "from_id"
        case baseSetID = "base_set_id"
        case setID = "set_id"
        case deploymentID = "deployment_id"
        case valueSetVersionID = "value_set_version_id"
        case effectsNote = "effects_note"
        case createdAt = "created_at"
        case createdBy = "created_by"
    }
}
