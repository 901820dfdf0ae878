/// What makes a resource one and the same within an environment: its type, class and id (humanitec.md 2.2).
package struct ResourceIdentity: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var type: String
    package var `class`: String
    /// `modules.<workload>.externals.<name>`, `shared.<name>`, `modules.<workload>`, or a bare name of an implicit resource.
    package var id: String

    package init(type: String, class: String = "default", id: String) {
        self.type = type
        self.class = `class`
        self.id = id
    }

    /// It stands for a workload, or for what a definition makes for one: no resource that anybody asked for.
    package var isWorkload: Bool { type == "workload" }

    /// `type.class#id`, unique in an environment.
    package var description: String { "\(type).\(`class`)#\(id)" }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// One environment of one application of one organisation, with what matching needs to know of it.
package struct EnvironmentContext: Sendable, Hashable, Codable {
    package var orgID: String
    package var appID: String
    package var envID: String
    package var envType: String

    package init(orgID: String, appID: String, envID: String, envType: String) {
        self.orgID = orgID
        self.appID = appID
        self.envID = envID
        self.envType = envType
    }
}
