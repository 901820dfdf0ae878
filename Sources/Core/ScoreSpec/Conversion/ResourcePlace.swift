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

    init(name: String, _ resource: ScoreDocument.Resource, isShared: Bool) {
        switch resource.type {
        case "environment": self = .values
        case "service": self = .service(workload: resource.id ?? name)
        default:
            if let id = resource.id {
                self = Self.shared(id: id, class: resource.class)
            } else if let reference = resource.reference {
                self = Self.place(of: reference, class: resource.class) ?? .external(name)
            } else {
                self = isShared ? Self.shared(id: name, class: resource.class) : .external(name)
            }
        }
    }

    /// Two classes of one id stand side by side in a set.
    private static func shared(id: String, class: String?) -> ResourcePlace {
        guard let `class`, `class` != "default" else { return .shared(key: id, id: nil) }
        return .shared(key: "\(id)#\(`class`)", id: "shared.\(id)")
    }

    /// `externals.NAME`, `shared.NAME` or `modules.WORKLOAD.externals.NAME`; nil for anything else.
    static func place(of reference: String, class: String?) -> ResourcePlace? {
        let parts = reference.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard !parts.contains("") else { return nil }
        switch (parts.count, parts[0]) {
        case (2, "externals"): return .external(parts[1])
        case (2..., "shared"): return shared(id: parts.dropFirst().joined(separator: "."), class: `class`)
        case (4, "modules") where parts[2] == "externals": return .foreign(workload: parts[1], name: parts[3])
        case (4, "modules") where parts[2] == "shared": return shared(id: parts[3], class: `class`)
        default: return nil
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
