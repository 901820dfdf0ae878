import PlatformModel

/// Something that stands in the environment and that the set has no more.
package struct PlannedRemoval: Sendable, Hashable, Codable {
    package var identity: ResourceIdentity
    /// Empty for a workload that no definition made.
    package var definitionID: String
    /// `delete`, or `keep` for a resource that nobody asked to remove (humanitec.md section 4: a deployment collects nothing).
    package var action: PlanAction
    package var reason: String

    package init(identity: ResourceIdentity, definitionID: String, action: PlanAction, reason: String) {
        self.identity = identity
        self.definitionID = definitionID
        self.action = action
        self.reason = reason
    }

    /// A resource, which stays unless its removal is asked for; a workload goes by itself.
    package var isResource: Bool { !identity.isWorkload }

    /// A line for each of the unused resources: what is to be removed comes first, dependents before what they depend on, and is
    /// kept where something that stays depends on it.
    static func resources(_ unused: [KnownResource], removing: Set<ResourceIdentity>) -> [PlannedRemoval] {
        let sorted = unused.sorted { $0.resource.identity < $1.resource.identity }
        var dependents: [ResourceIdentity: [ResourceIdentity]] = [:]
        for one in sorted { for need in one.dependsOn { dependents[need, default: []].append(one.resource.identity) } }
        var removed: [PlannedRemoval] = [], gone: Set<ResourceIdentity> = []
        var left = sorted.filter { removing.contains($0.resource.identity) }
        while true {
            // Each round takes what nothing needs any more; resources that need each other stay.
            let free = left.filter { one in dependents[one.resource.identity, default: []].allSatisfy(gone.contains) }
            guard !free.isEmpty else { break }
            for one in free {
                gone.insert(one.resource.identity)
                removed.append(one.removal(.delete, "nothing asks for it any more, and its removal is asked for"))
            }
            left.removeAll { gone.contains($0.resource.identity) }
        }
        return removed
            + sorted.filter { !gone.contains($0.resource.identity) }.map { one in
                let identity = one.resource.identity
                guard removing.contains(identity), let user = dependents[identity]?.first(where: { !gone.contains($0) }) else {
                    return one.removal(.keep, "nothing asks for it any more; a deployment does not destroy it")
                }
                return one.removal(.keep, "\(user), which stays, depends on it")
            }
    }
}

extension KnownResource {
    fileprivate func removal(_ action: PlanAction, _ reason: String) -> PlannedRemoval {
        PlannedRemoval(identity: resource.identity, definitionID: resource.defID, action: action, reason: reason)
    }
}
