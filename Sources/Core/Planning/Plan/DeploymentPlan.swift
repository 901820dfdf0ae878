import PlatformModel

/// What a deployment will do: nodes in the order they can run, each with its action and reason. Stored as JSON.
package struct DeploymentPlan: Sendable, Hashable, Codable {
    package var context: EnvironmentContext
    package var setID: String
    package var mode: DeploymentMode
    package var graphID: String
    package var nodes: [PlannedNode]
    package var names: DependencyNames
    /// Workloads that run and that the set no longer has: to be taken off the deploy target.
    package var removedWorkloads: [String]
    /// Active resources that nothing asks for any more. A deployment never destroys them (humanitec.md section 4).
    package var unused: [ResourceIdentity]
    /// A line for all that stands and that `nodes` does not have: the workloads that go, and what is unused.
    package var removals: [PlannedRemoval]
    /// What the plan was made from: compare it with that of a plan made now (`PlanBasis.moved`) before an old plan is carried out.
    package var basis: PlanBasis

    package init(
        context: EnvironmentContext, setID: String, mode: DeploymentMode, graphID: String, nodes: [PlannedNode],
        names: DependencyNames = DependencyNames(), removedWorkloads: [String] = [], unused: [ResourceIdentity] = [],
        removals: [PlannedRemoval] = [], basis: PlanBasis = PlanBasis(set: "", graph: "", values: "", resources: "")
    ) {
        self.context = context
        self.setID = setID
        self.mode = mode
        self.graphID = graphID
        self.nodes = nodes
        self.names = names
        self.removedWorkloads = removedWorkloads
        self.unused = unused
        self.removals = removals
        self.basis = basis
    }

    /// The workloads of the set, by name.
    package var workloads: [String] { nodes.compactMap(\.node.workload).sorted() }

    package func node(_ identity: ResourceIdentity) -> PlannedNode? { nodes.first { $0.node.identity == identity } }
}

/// What happens to one resource.
package enum PlanAction: String, Sendable, Hashable, Codable {
    case create
    case update
    /// Destroyed by the definition that made it, then created by another one.
    case replace
    case keep
    case delete
}

package struct PlannedNode: Sendable, Hashable, Codable {
    package var node: ResourceNode
    package var action: PlanAction
    /// In words, for `explain` and progress.
    package var reason: String
    /// SHA-256 of all that determines its inputs, those of its dependencies included; kept with the active resource, it tells
    /// the next deployment whether anything changed.
    package var inputDigest: String
    /// Of an update: the inputs that are known to change, at most 50, secrets as fingerprints.
    package var changes: [InputChange]

    package init(
        node: ResourceNode, action: PlanAction, reason: String, inputDigest: String, changes: [InputChange] = []
    ) {
        self.node = node
        self.action = action
        self.reason = reason
        self.inputDigest = inputDigest
        self.changes = changes
    }
}

/// An active resource, with what planning needs to know of its past.
package struct KnownResource: Sendable, Hashable {
    package var resource: ActiveResource
    /// The digest it was last provisioned with; nil when that is not known.
    package var inputDigest: String?
    /// Whether its last provisioning failed, or ended unknown.
    package var failed: Bool
    /// What its driver was handed last (`DeploymentPlan.resolveInputs`); nil when that is not on record. Only for telling what changed.
    package var inputs: ResolvedDocument?
    /// What it depended on then. Only for the order in which unused resources go.
    package var dependsOn: [ResourceIdentity]

    package init(
        _ resource: ActiveResource, inputDigest: String?, failed: Bool = false, inputs: ResolvedDocument? = nil,
        dependsOn: [ResourceIdentity] = []
    ) {
        self.resource = resource
        self.inputDigest = inputDigest
        self.failed = failed
        self.inputs = inputs
        self.dependsOn = dependsOn
    }
}
