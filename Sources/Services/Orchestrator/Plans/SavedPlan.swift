import Planning
import PlatformModel

/// A plan that can be looked at, and deployed by its id as long as it holds.
struct SavedPlan: Sendable {
    var summary: PlanSummary
    var set: DeploymentSet
    /// To be shown and compared: without the inputs of definitions and the reasons of matches.
    var plan: DeploymentPlan
    var manifests: [WorkloadChange]
    /// What drivers say of it; nil where none was asked.
    var effects: PlanEffects?
}

/// What a list says of a plan.
struct PlanSummary: Sendable {
    /// What its set was made from.
    enum Source: String, Sendable, Codable {
        /// What the environment has, once more.
        case base
        case delta, set, score
        /// Another plan, brought up to date.
        case plan
    }

    var id: String
    var source: Source
    var deltaID: String?
    /// What the environment built on when it was made, and the set of that.
    var fromDeployID: String?
    var baseSetID: String
    var setID: String
    var mode: DeploymentMode
    var comment: String
    var totals: PlanTotals
    var deploymentID: String?
    /// The version of the shared values that it was asked for with; nil: the newest.
    var valueSetVersionID: String?
    var createdAt: Timestamp
    var createdBy: String

    /// Whether another base makes another set of it.
    var isMadeOnBase: Bool { source != .set }
}

/// How many resources and workloads a plan does what to.
struct PlanTotals: Sendable, Hashable, Codable {
    var create = 0
    var update = 0
    var replace = 0
    var delete = 0
    var keep = 0
    /// Resources that nothing asks for any more, and that stay.
    var unused = 0

    init(_ plan: DeploymentPlan) {
        for action in plan.nodes.map(\.action) + plan.removals.map(\.action).filter({ $0 == .delete }) {
            switch action {
            case .create: create += 1
            case .update: update += 1
            case .replace: replace += 1
            case .delete: delete += 1
            case .keep: keep += 1
            }
        }
        unused = plan.removals.count { $0.action == .keep && $0.isResource }
    }
}

/// What becomes of the Kubernetes objects of one workload.
struct WorkloadChange: Sendable, Hashable, Codable {
    var workload: String
    var changes: [ManifestChange]
    /// What it depends on and is not known yet: its objects may differ more once these are done.
    var awaits: [ResourceIdentity]
    /// Why more cannot be said, or what would keep it from being deployed.
    var note: String?
}

extension DeploymentPlan {
    /// Without what only its carrying out needs; that is read and decided anew, and compared with this.
    var abridged: DeploymentPlan {
        var plan = self
        for index in plan.nodes.indices {
            plan.nodes[index].node.driverInputs = DriverInputs()
            plan.nodes[index].node.explanation = nil
        }
        return plan
    }

    /// The resources whose destruction was asked for, and can be done.
    var removing: Set<ResourceIdentity> {
        Set(removals.filter { $0.action == .delete && $0.isResource }.map(\.identity))
    }
}
