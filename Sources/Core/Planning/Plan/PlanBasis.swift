import PlatformModel

/// Fingerprints of all that a plan was made from. A plan that is carried out later is stale when one of them is another by then.
package struct PlanBasis: Sendable, Hashable, Codable {
    /// The set's id.
    package var set: String
    /// The graph's id: resources, their definitions with all inputs, and edges.
    package var graph: String
    /// The shared values.
    package var values: String
    /// What stands in the environment, with its outputs.
    package var resources: String

    package init(set: String, graph: String, values: String, resources: String) {
        self.set = set
        self.graph = graph
        self.values = values
        self.resources = resources
    }

    /// Empty when the plan still holds; else what moved since it was made, in words.
    package func moved(to now: PlanBasis) -> [String] {
        var moved: [String] = []
        if set != now.set { moved.append("the deployment set") }
        if values != now.values { moved.append("a shared value") }
        // Another set has another graph in any case.
        if set == now.set, graph != now.graph { moved.append("a resource definition") }
        if resources != now.resources { moved.append("what stands in the environment") }
        return moved
    }

    static func fingerprint(_ known: [KnownResource], _ workloadDigests: [String: String]) -> String {
        var fields = FieldBytes()
        for one in known.sorted(by: { $0.resource.identity < $1.resource.identity }) {
            let resource = one.resource
            fields.add(resource.identity)
            for text in [resource.defID, resource.defVersionID, resource.driverType, resource.status, one.inputDigest ?? ""] {
                fields.add(text)
            }
            fields.add(one.failed ? "failed" : "")
            fields.add(resource.resource)
            fields.add(resource.secretRefs)
        }
        for (name, digest) in workloadDigests.sorted(by: { $0.key < $1.key }) {
            fields.add(name)
            fields.add(digest)
        }
        return fields.digest
    }
}
