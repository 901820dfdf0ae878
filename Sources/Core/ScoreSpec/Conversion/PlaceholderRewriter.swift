import PlatformModel

/// Turns Score's placeholders into the orchestrator's.
struct PlaceholderRewriter {
    enum Scope {
        /// In the module, where its own resources are `externals`.
        case module
        /// Outside of any module, where they are `modules.NAME.externals`.
        case shared
    }

    private let workload: String
    private let metadata: JSON
    private let resources: [String: ScoreDocument.Resource]

    init(workload: String, document: ScoreDocument) {
        self.workload = workload
        metadata = document.metadata
        resources = document.resources ?? [:]
    }

    /// A value with every string in it rewritten.
    func rewrite(_ value: JSON, scope: Scope = .module) -> JSON {
        map(value) { text in
            ScoreText.parts(of: text).map { part in
                switch part {
                case .literal(let literal): Self.escape(literal)
                case .reference(let reference): rewrite(reference, scope)
                }
            }.joined()
        }
    }

    /// A value whose strings Score does not expand.
    func literal(_ value: JSON) -> JSON { map(value, Self.escape) }

    private func map(_ value: JSON, _ change: (String) -> String) -> JSON {
        switch value {
        case .string(let text): .string(change(text))
        case .array(let elements): .array(elements.map { map($0, change) })
        case .object(let members): .object(members.mapValues { map($0, change) })
        default: value
        }
    }

    private static func escape(_ literal: String) -> String {
        var out = "", rest = Substring(literal)
        while let dollar = rest.firstIndex(of: "$") {
            out += rest[...dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{" { out += "\\" }
        }
        return out + rest
    }

    private func rewrite(_ reference: String, _ scope: Scope) -> String {
        let segments = ScoreText.split(reference)
        guard segments.count > 1, segments[0] == "resources", let resource = resources[segments[1]] else {
            return Self.escape(metadataText(segments.dropFirst()))
        }
        let outputs = segments.dropFirst(2)
        let root: [String]
        switch resource.type {
        case "environment": root = ["values"]
        case "service": root = ["modules", resource.id ?? segments[1], "service"]
        default:
            if let key = resource.sharedKey {
                root = ["shared", key]
            } else {
                root = (scope == .module ? [] : ["modules", workload]) + ["externals", segments[1]]
            }
        }
        // A resource itself, as the source of a volume: its name, not a value of it.
        if outputs.isEmpty { return root.joined(separator: ".") }
        return "${" + Self.path(root + outputs) + "}"
    }

    private func metadataText(_ path: ArraySlice<String>) -> String {
        var value = metadata
        for segment in path { value = value[segment] ?? .null }
        return value.string ?? value.canonical
    }

    /// `a.b['c.d']`
    private static func path(_ segments: [String]) -> String {
        segments.enumerated().map { index, segment in
            let isPlain = segment.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "_-".utf8.contains($0)
            }
            return isPlain ? (index == 0 ? segment : "." + segment) : "['\(segment)']"
        }.joined()
    }
}
