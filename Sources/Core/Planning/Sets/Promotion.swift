import PlatformModel

/// What one environment has, brought to another one: the change that the other's set needs. Values, secrets and data stay where they
/// are: a set has none of them.
package struct Promotion: Sendable {
    private let source: DeploymentSet
    private let target: DeploymentSet

    package init(from source: DeploymentSet, to target: DeploymentSet) {
        self.source = source
        self.target = target
    }

    /// The change that makes the target's set equal to the source's.
    package var ofEverything: DeltaContent { .diff(from: target, to: source) }

    /// The change that brings only some workloads along, each with the shared resources that it refers to. One that the source does not
    /// have any more goes; what shared resources it used stays, since others may use them.
    ///
    /// - Throws: DELTA-105 for each name that neither of them has.
    package func of(workloads names: some Sequence<String>) throws(DeltaError) -> DeltaContent {
        var wanted = target
        var problems: [Problem] = []
        for name in names {
            guard let workload = source.modules[name] else {
                if wanted.modules.removeValue(forKey: name) == nil {
                    problems.append(
                        Problem(
                            code: "DELTA-105", path: "modules.\(name)", message: "neither set has such a workload",
                            suggestion: nearestName(to: name, among: Set(source.modules.keys).union(target.modules.keys).sorted())
                        ))
                }
                continue
            }
            wanted.modules[name] = workload
            for shared in Self.sharedNames(in: workload) where source.shared[shared] != nil {
                wanted.shared[shared] = source.shared[shared]
            }
        }
        guard problems.isEmpty else { throw DeltaError(problems) }
        return .diff(from: target, to: wanted)
    }

    /// The shared resources that a workload's placeholders name.
    private static func sharedNames(in workload: Workload) -> Set<String> {
        var scan = PlaceholderScan(owner: "workload")
        scan.walk(workload.document)
        return Set(
            scan.found.compactMap { found in
                let path = found.placeholder.path
                return path.first == "shared" && path.count > 1 ? path[1] : nil
            })
    }
}
