import PlatformModel

/// What workloads call their resources: `externals.db`, `shared.dns`. The other way round than `DependencyNames`.
package struct DependencyAliases: Sendable {
    private let names: DependencyNames
    private let shared: [ResourceIdentity: [String]]

    package init(_ names: DependencyNames) {
        self.names = names
        shared = Self.inverse(names.shared, "shared")
    }

    /// Every name that a workload has for each of these resources, its own names first; none for one that it does not name.
    package func names(of resources: some Sequence<ResourceIdentity>, in workload: String) -> [ResourceIdentity: [String]] {
        let own = Self.inverse(names.externals[workload] ?? [:], "externals")
        var found: [ResourceIdentity: [String]] = [:]
        for resource in resources {
            let all = (own[resource] ?? []) + (shared[resource] ?? [])
            if !all.isEmpty { found[resource] = all }
        }
        return found
    }

    private static func inverse(_ names: [String: ResourceIdentity], _ prefix: String) -> [ResourceIdentity: [String]] {
        var inverse: [ResourceIdentity: [String]] = [:]
        for (name, identity) in names.sorted(by: { $0.key < $1.key }) {
            inverse[identity, default: []].append("\(prefix).\(name)")
        }
        return inverse
    }
}
