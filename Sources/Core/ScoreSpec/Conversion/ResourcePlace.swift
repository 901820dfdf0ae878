import PlatformModel

/// Where the orchestrator finds what a resource of a Score file gives.
enum ResourcePlace: Hashable {
    /// Type `environment`: the shared values of the application.
    case values
    /// Type `service`: another workload.
    case service(workload: String)
    /// Private, under a name of this module.
    case external(String)
    /// Shared, under a key of the set; `id` where it is not the key.
    case shared(key: String, id: String?)
    /// A private one of another module.
    case foreign(workload: String, name: String)

    /// The annotation by which the reference's first converter let a resource be one that is known by another name.
    static let annotation = "score.humanitec.io/resId"

    init(name: String, _ resource: ScoreDocument.Resource, _ extended: ScoreExtension?, _ keys: SharedKeys) {
        if let id = Self.sharedID(name: name, resource, extended) {
            self = keys.place(id: id, resource)
            return
        }
        switch resource.type {
        case "environment": self = .values
        case "service": self = .service(workload: resource.id ?? name)
        default:
            switch resource.reference.flatMap(Reference.init) {
            case .external(let other)?: self = .external(other)
            case .foreign(let workload, let other)?: self = .foreign(workload: workload, name: other)
            case .shared?, nil: self = .external(name)
            }
        }
    }

    /// The id of a resource that the orchestrator makes once for all workloads.
    static func sharedID(name: String, _ resource: ScoreDocument.Resource, _ extended: ScoreExtension?) -> String? {
        guard resource.type != "environment", resource.type != "service" else { return nil }
        if let id = resource.id { return id }
        guard let reference = resource.reference else { return extended?.shared.contains(name) == true ? name : nil }
        if case .shared(let id)? = Reference(reference) { return id }
        return nil
    }

    /// `externals.NAME`, `shared.NAME`, `modules.WORKLOAD.externals.NAME` or `modules.WORKLOAD.shared.NAME`.
    enum Reference: Hashable {
        case external(String)
        case shared(String)
        case foreign(workload: String, name: String)

        /// Nil for anything else.
        init?(_ text: String) {
            let parts = text.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
            guard !parts.contains("") else { return nil }
            switch (parts.count, parts[0]) {
            case (2, "externals"): self = .external(parts[1])
            case (2..., "shared"): self = .shared(parts.dropFirst().joined(separator: "."))
            case (4, "modules") where parts[2] == "externals": self = .foreign(workload: parts[1], name: parts[3])
            case (4, "modules") where parts[2] == "shared": self = .shared(parts[3])
            default: return nil
            }
        }
    }
}

extension ScoreDocument.Resource {
    /// What the annotation says, of a resource that the orchestrator makes.
    var reference: String? {
        guard type != "environment", type != "service" else { return nil }
        return metadata?["annotations"]?[ResourcePlace.annotation]?.string
    }
}
