import PlatformModel

/// Under which key of the set each shared resource stands. In Score type, class and id together make a resource; a set has one key for
/// it: the id, `ID#CLASS` when the class is not `default`, and `ID#TYPE.CLASS` when resources of another type have these.
struct SharedKeys {
    /// Id -> the type whose resources stand under the id itself.
    private var owners: [String: String] = [:]

    /// What the base set has stays where it is; else the first type by name has the id.
    init(_ workloads: [ScoreWorkload], onto base: DeploymentSet) {
        for (key, request) in base.shared {
            let parts = key.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 1 {
                owners[key] = request.type
            } else if !parts[1].contains("."), base.shared[String(parts[0])] == nil {
                owners[String(parts[0])] = request.type
            }
        }
        var firsts: [String: String] = [:]
        for workload in workloads {
            for (name, resource) in workload.score.document.resources ?? [:] {
                guard let id = ResourcePlace.sharedID(name: name, resource, workload.extension) else { continue }
                firsts[id] = min(resource.type, firsts[id] ?? resource.type)
            }
        }
        owners.merge(firsts) { owner, _ in owner }
    }

    func place(id: String, _ resource: ScoreDocument.Resource) -> ResourcePlace {
        let `class` = resource.class ?? "default"
        guard owners[id] ?? resource.type == resource.type else {
            return .shared(key: "\(id)#\(resource.type).\(`class`)", id: "shared.\(id)")
        }
        return `class` == "default" ? .shared(key: id, id: nil) : .shared(key: "\(id)#\(`class`)", id: "shared.\(id)")
    }
}
