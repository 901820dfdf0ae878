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

    /// Twelve hex digits of each shared value (`value LEVEL`), resource (`resource pg.default#shared.main`) and workload that runs
    /// (`workload web`): they name what moved. Empty in what earlier versions stored.
    package var members: [String: String]

    package init(set: String, graph: String, values: String, resources: String, members: [String: String] = [:]) {
        self.set = set
        self.graph = graph
        self.values = values
        self.resources = resources
        self.members = members
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        set = try container.decode(String.self, forKey: .set)
        graph = try container.decode(String.self, forKey: .graph)
        values = try container.decode(String.self, forKey: .values)
        resources = try container.decode(String.self, forKey: .resources)
        members = try container.decodeIfPresent([String: String].self, forKey: .members) ?? [:]
    }

    private enum CodingKeys: String, CodingKey { case set, graph, values, resources, members }

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

    /// A fingerprint of each resource and workload that stands.
    static func members(_ known: [KnownResource], _ workloadDigests: [String: String]) -> [String: String] {
        var members: [String: String] = [:]
        for one in known {
            let resource = one.resource
            var fields = FieldBytes()
            for text in [resource.defID, resource.defVersionID, resource.driverType, resource.status, one.inputDigest ?? ""] {
                fields.add(text)
            }
            fields.add(one.failed ? "failed" : "")
            fields.add(resource.resource)
            fields.add(resource.secretRefs)
            members["resource \(resource.identity)"] = short(fields.digest)
        }
        for (name, digest) in workloadDigests { members["workload \(name)"] = short(SHA256.hex(digest)) }
        return members
    }

    /// One for all of them.
    static func fingerprint(_ members: [String: String]) -> String {
        var fields = FieldBytes()
        for (name, digest) in members.sorted(by: { $0.key < $1.key }) {
            fields.add(name)
            fields.add(digest)
        }
        return fields.digest
    }

    static func short(_ digest: String) -> String { String(digest.prefix(12)) }
}
