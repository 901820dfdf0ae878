import PlatformModel

/// Which resources a workload's deployment brings along, beyond what its pods need of them: objects of the cluster and of the namespace
/// belong to the environment, and have to be there for whatever runs in it.
package struct PlanReach: Sendable {
    /// What no workload needs and that needs none: `base-env`, `k8s-namespace`, what is co-provisioned beside others. In the plan's order.
    package let common: [ResourceIdentity]
    /// Of the common ones that a plan touches, those that no other such one needs: once they are made, all of them are.
    package let lastCommon: [ResourceIdentity]
    private let needs: [ResourceIdentity: [ResourceIdentity]]

    package init(_ plan: DeploymentPlan) {
        var needed: Set<ResourceIdentity> = [], needing: Set<ResourceIdentity> = []
        // What a node depends on stands before it.
        for planned in plan.nodes {
            let node = planned.node
            if node.workload != nil || node.dependsOn.contains(where: needing.contains) { needing.insert(node.identity) }
        }
        for planned in plan.nodes.reversed() {
            let node = planned.node
            if node.workload != nil || needed.contains(node.identity) { needed.formUnion(node.dependsOn) }
        }
        let isCommon = { (node: ResourceNode) in !needed.contains(node.identity) && !needing.contains(node.identity) }
        common = plan.nodes.map(\.node).filter(isCommon).map(\.identity)
        let touched = plan.nodes.filter { $0.action != .keep && isCommon($0.node) }.map(\.node)
        let beneath = Set(touched.flatMap(\.dependsOn))
        lastCommon = touched.map(\.identity).filter { !beneath.contains($0) }
        needs = Dictionary(plan.nodes.map { ($0.node.identity, $0.node.dependsOn) }, uniquingKeysWith: { first, _ in first })
    }

    /// All that a workload needs, at any distance, and what is common to all; sorted. What another workload needs comes with that one.
    package func resources(for workload: ResourceIdentity) -> [ResourceIdentity] {
        var found = Set(common), left = needs[workload] ?? []
        while let next = left.popLast() {
            guard next.workload == nil, found.insert(next).inserted else { continue }
            left += needs[next] ?? []
        }
        return found.sorted()
    }
}
