import PlatformModel

/// What the drivers say that a plan's actions would do, as it is kept with the plan.
struct PlanEffects: Sendable, Hashable, Codable {
    /// By `type.class#id`, of nodes and removals whose driver says something.
    var resources: [String: PlannedEffects] = [:]
    /// Why there is no more of it.
    var note: String?

    /// Of a resource that is replaced: what is destroyed first, then what is made.
    mutating func add(_ effects: PlannedEffects, of object: ResourceIdentity) {
        let name = object.description
        resources[name] = resources[name].map { $0.followed(by: effects) } ?? effects
    }
}
