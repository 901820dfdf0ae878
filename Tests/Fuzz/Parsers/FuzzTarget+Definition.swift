import Planning
import PlatformModel
import YAML

extension FuzzTarget {
    /// Definitions as documents of `martlet apply`: a set that asks for one resource of each type gives a graph, or problems.
    static let definition = FuzzTarget(name: "definition") { bytes throws(BrokenPromise) in
        guard let documents = try? YAMLDocument.parseAll(bytes, file: "definitions.yaml") else { return }
        var definitions: [ResourceDefinition] = []
        for document in documents.prefix(20) {
            guard var entity = document.json["entity"] else { continue }
            entity["id"] = document.json["metadata"]?["id"]
            entity["active_version_id"] = "1"
            guard let definition = try? entity.decode(ResourceDefinition.self) else { continue }
            definitions.append(definition)
        }
        guard !definitions.isEmpty else { return }
        var workload = Workload(profile: "humanitec/default-module", spec: [:])
        for definition in definitions { workload.externals[definition.id] = ResourceRequest(type: definition.type) }
        let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")
        let set = DeploymentSet(modules: ["web": workload])
        func graph(_ definitions: [ResourceDefinition]) -> Result<ResourceGraph, PlanningError> {
            Result { () throws(PlanningError) in
                try GraphBuilder.build(set: set, context: context, definitions: definitions)
            }
        }
        switch graph(definitions) {
        case .success(let made):
            let again = try? graph(definitions.reversed()).get()
            try BrokenPromise.unless(made == again, "the order of definitions decides the graph")
        case .failure(let error): try BrokenPromise.unless(!error.problems.isEmpty, "refused without a reason")
        }
    }
}
