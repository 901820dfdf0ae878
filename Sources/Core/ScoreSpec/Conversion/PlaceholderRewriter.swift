import PlatformModel

/// Turns Score's placeholders into the orchestrator's.
struct PlaceholderRewriter {
    enum Scope {
        /// In the module, where its own resources are `externals`.
        case module
        /// Outside of any module, where they are `modules.NAME.externals`.
        case shared
        /// In the extension file: as in the module, keys too, and `$${...}` is a placeholder of the orchestrator itself.
        case `extension`
    }

    private let workload: String
    private let metadata: JSON
    private let places: [String: ResourcePlace]

    init(workload: String, metadata: JSON, places: [String: ResourcePlace]) {
        self.workload = workload
        self.metadata = metadata
        self.places = places
    }

    /// A value with every string in it rewritten.
    func rewrite(_ value: JSON, scope: Scope = .module) -> JSON {
        switch value {
        case .string(let text): .string(rewrite(text, scope: scope))
        case .array(let elements): .array(elements.map { rewrite($0, scope: scope) })
        case .object(let members) where scope == .extension:
            .object(
                Dictionary(
                    members.sorted { $0.key < $1.key }.map { (rewrite($0.key, scope: scope), rewrite($0.value, scope: scope)) },
                    uniquingKeysWith: { _, last in last }))
        case .object(let members): .object(members.mapValues { rewrite($0, scope: scope) })
        default: value
        }
    }

    func rewrite(_ text: String, scope: Scope = .module) -> String {
        guard text.holds(UInt8(ascii: "$")) else { return text }
        var out = ""
        for part in ScoreText.parts(of: text) {
            switch part {
            case .literal(let literal): out += Self.escape(literal)
            case .escaped(let inner): out += (scope == .extension ? "${" : "$\\{") + inner + "}"
            case .reference(let reference): out += rewrite(reference: reference, scope)
            }
        }
        return out
    }

    /// A text that Score does not expand.
    func literal(_ text: String) -> String { Self.escape(text) }

    private static func escape(_ literal: String) -> String {
        let bytes = literal.utf8, dollar = UInt8(ascii: "$")
        guard literal.holds(dollar) else { return literal }
        var out = "", rest = bytes[...]
        while let start = rest.firstIndex(of: dollar) {
            let next = bytes.index(after: start)
            out += literal[rest.startIndex..<next]
            rest = rest[next...]
            if rest.first == UInt8(ascii: "{") { out += "\\" }
        }
        return out + literal[rest.startIndex...]
    }

    private func rewrite(reference: String, _ scope: Scope) -> String {
        let segments = ScoreText.split(reference)
        guard segments.count > 1, segments[0] == "resources", let place = places[segments[1]] else {
            return Self.escape(metadataText(segments.dropFirst()))
        }
        let outputs = segments.dropFirst(2)
        let root: [String]
        switch place {
        case .values: root = ["values"]
        case .service(let other): root = ["modules", other, "service"]
        case .external(let name): root = (scope == .shared ? ["modules", workload] : []) + ["externals", name]
        case .shared(let key, _): root = ["shared", key]
        case .foreign(let other, let name): root = ["modules", other, "externals", name]
        }
        // A resource itself, as the source of a volume or the key of a rule: its name, not a value of it.
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
        var out = ""
        for (index, segment) in segments.enumerated() {
            let isPlain = segment.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "_-".utf8.contains($0)
            }
            if isPlain { out += index == 0 ? segment : ".\(segment)" } else { out += "['\(segment)']" }
        }
        return out
    }
}
