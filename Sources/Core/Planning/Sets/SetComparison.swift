import PlatformModel

/// What differs between two sets: workload by workload, resource by resource, field by field.
package struct SetComparison: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable {
        case workload, resource
    }

    package enum Change: String, Sendable, Codable {
        /// Only the second set has it.
        case added
        /// Only the first set has it.
        case removed
        case changed
    }

    package struct Entry: Sendable, Hashable, Codable {
        package var kind: Kind
        /// A workload's name; a resource's place: `modules.web.externals.db`, `shared.front`.
        package var name: String
        /// Of a resource; of the second set where both have it.
        package var type: String?
        package var change: Change
        /// Of what both have; an element of a list goes by its own name where all of them have one.
        package var fields: [InputChange]
    }

    /// Workloads first, then resources, each by name.
    package let entries: [Entry]

    package var isEmpty: Bool { entries.isEmpty }

    package init(from first: DeploymentSet, to second: DeploymentSet) {
        let workloads = Self.entries(.workload, Self.workloads(first), Self.workloads(second))
        entries = workloads + Self.entries(.resource, Self.resources(first), Self.resources(second))
    }

    package init(from decoder: any Decoder) throws {
        entries = try decoder.singleValueContainer().decode([Entry].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }

    /// Without what they ask for, which is told by itself.
    private static func workloads(_ set: DeploymentSet) -> [String: JSON] {
        set.modules.mapValues { workload in
            var own = workload
            own.externals = [:]
            var document = own.document
            document["externals"] = nil
            return document
        }
    }

    private static func resources(_ set: DeploymentSet) -> [String: JSON] {
        var resources: [String: JSON] = [:]
        for (name, request) in set.shared { resources["shared.\(name)"] = request.document }
        for (workload, module) in set.modules {
            for (name, request) in module.externals { resources["modules.\(workload).externals.\(name)"] = request.document }
        }
        return resources
    }

    private static func entries(_ kind: Kind, _ first: [String: JSON], _ second: [String: JSON]) -> [Entry] {
        Set(first.keys).union(second.keys).sorted().compactMap { name in
            let type = kind == .resource ? (second[name] ?? first[name])?["type"]?.string : nil
            switch (first[name], second[name]) {
            case (nil, _?): return Entry(kind: kind, name: name, type: type, change: .added, fields: [])
            case (_?, nil): return Entry(kind: kind, name: name, type: type, change: .removed, fields: [])
            case (let before?, let after?):
                guard !before.isSame(as: after) else { return nil }
                return Entry(
                    kind: kind, name: name, type: type, change: .changed,
                    fields: DocumentLeaves.changes(from: leaves(before), to: leaves(after)))
            case (nil, nil): return nil
            }
        }
    }

    private static func leaves(_ document: JSON) -> DocumentLeaves {
        DocumentLeaves(ResolvedDocument(document), namesElements: true)
    }
}
