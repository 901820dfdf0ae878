import PlatformModel

/// The objects that resources bring to an environment by themselves: manifests with the locations `cluster` and `namespace`.
package enum EnvironmentRenderer {
    /// Cluster-wide objects first, else in the order given. The same object from two resources counts once.
    ///
    /// - Parameters:
    ///   - manifests: all of them; `source` names the resource, for problems. Those of other locations belong to workloads.
    ///   - namespace: written into namespaced objects that name none.
    /// - Throws: `MAN-106` for what is no object, `MAN-108` for two objects of one kind and name that differ.
    package static func render(_ manifests: [InjectedManifest], namespace: String?) throws(ManifestProblems) -> [JSON] {
        var problems: [Problem] = [], cluster: [JSON] = [], namespaced: [JSON] = []
        var seen: [String: (object: JSON, source: String)] = [:]
        for injected in manifests where ["cluster", "namespace"].contains(injected.manifest.location) {
            let source = injected.source ?? ""
            var object = injected.manifest.data
            guard let kind = object["kind"]?.string, object["apiVersion"]?.string != nil,
                let name = object["metadata"]?["name"]?.string ?? object["metadata"]?["generateName"]?.string
            else {
                problems.append(
                    Problem(
                        code: "MAN-106", path: "\(source) manifests",
                        message: "an object needs 'apiVersion', 'kind' and 'metadata.name'"))
                continue
            }
            if injected.manifest.location == "namespace", let namespace, object["metadata"]?["namespace"] == nil {
                object["metadata"]?["namespace"] = .string(namespace)
            }
            let key = [
                object["apiVersion"]?.string ?? "", kind, object["metadata"]?["namespace"]?.string ?? "", name,
            ].joined(separator: "\u{1f}")
            if let first = seen[key] {
                guard first.object != object else { continue }
                problems.append(
                    Problem(
                        code: "MAN-108", path: "\(source) manifests",
                        message: "\(first.source) brings another \(kind) '\(name)'; ${context.res.id} in the name helps"))
                continue
            }
            seen[key] = (object, source)
            if injected.manifest.location == "cluster" { cluster.append(object) } else { namespaced.append(object) }
        }
        guard problems.isEmpty else { throw ManifestProblems(problems: problems) }
        return cluster + namespaced
    }
}
