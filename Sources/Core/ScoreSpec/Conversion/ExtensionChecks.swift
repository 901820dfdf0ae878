import PlatformModel

/// Whether an extension file fits its Score file.
struct ExtensionChecks {
    private let score: ScoreFile
    private var checks: ScoreChecks
    private var problems: ProblemList

    /// `origin` is where a resource of the Score file is declared.
    static func check(
        _ node: ScoreNode, score: ScoreFile, origin: (String) -> ScoreOrigin, _ problems: inout ProblemList
    ) {
        let names = (score.document.resources ?? [:]).keys.sorted()
        let root = ScoreNode(
            [
                "metadata": score.document.metadata,
                "resources": .object(Dictionary(uniqueKeysWithValues: names.map { ($0, [:]) })),
            ],
            origin: ScoreOrigin(file: score.file))
        var checks = ExtensionChecks(score: score, checks: ScoreChecks(root: root), problems: problems)
        for entry in node["resources"]?.entries ?? [] where score.document.resources?[entry.key] == nil {
            checks.problems.add(
                "210", ["resources", entry.key], at: entry.origin,
                "the workload '\(score.name)' has no resource '\(entry.key.prefix(80))'",
                suggestion: nearestName(to: entry.key, among: names.prefix(500)))
        }
        if let spec = node["spec"] { checks.check(spec: spec) }
        problems = checks.problems
        problems.add(checks.checks.problems.problems)
    }

    private mutating func check(spec: ScoreNode) {
        // One with an image of its own is added.
        for entry in spec["containers"]?.entries ?? []
        where score.document.containers[entry.key] == nil && entry.value["image"] == nil {
            problems.add(
                "210", ["spec", "containers", entry.key], at: entry.origin,
                "the workload '\(score.name)' has no container '\(entry.key.prefix(80))'",
                suggestion: nearestName(to: entry.key, among: score.document.containers.keys.sorted().prefix(500)))
        }
        for entry in spec.entries {
            if entry.key.hasPrefix("/"), (try? JSONPointer(entry.key)) == nil {
                problems.add(
                    "210", ["spec", entry.key], at: entry.origin, "'\(entry.key.prefix(80))' is no JSON pointer (RFC 6901)")
            } else if Self.tokens(of: entry.key).contains("") {
                problems.add(
                    "210", ["spec", entry.key], at: entry.origin, "'\(entry.key.prefix(80))' is no path: a part of it is empty")
            }
        }
        walk(spec, path: ["spec"])
    }

    /// Placeholders in keys and values.
    private mutating func walk(_ node: ScoreNode, path: [String]) {
        switch node.kind {
        case .scalar(.string(let text)): check(text, at: node.origin, path)
        case .scalar: break
        case .list(let elements):
            for (index, element) in elements.enumerated() { walk(element, path: path + ["\(index)"]) }
        case .map(let entries):
            for entry in entries {
                check(entry.key, at: entry.origin, path + [entry.key])
                walk(entry.value, path: path + [entry.key])
            }
        }
    }

    /// The orchestrator's own roots of placeholders, which `$${...}` may name here (humanitec.md 2.3).
    private static let roots = ["context", "externals", "modules", "shared", "values"]

    private mutating func check(_ text: String, at origin: ScoreOrigin, _ path: [String]) {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return }
        checks.check(text, path: path, at: origin, mayBeWhole: true)
        for case .escaped(let inner) in ScoreText.parts(of: text) {
            let root = inner.utf8.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "[") }
            let name = String(Substring(root))
            guard !Self.roots.contains(name) else { continue }
            problems.add(
                "202", path, at: origin,
                "'$${\(inner.prefix(100))}' is a placeholder of the orchestrator here, and begins with none of "
                    + "\(Self.roots.joined(separator: ", ")); write $\\{...} for the text itself",
                suggestion: nearestName(to: name, among: Self.roots))
        }
    }

    /// Where in the spec a key of the extension's spec points.
    static func tokens(of key: String) -> [String] {
        if key.hasPrefix("/") { return (try? JSONPointer(key))?.tokens ?? [key] }
        guard key.utf8.contains(UInt8(ascii: ".")), !key.utf8.contains(UInt8(ascii: "$")) || key.hasPrefix("$.") else {
            return [key]
        }
        let segments = ScoreText.splitPath(key)
        return segments.first == "$" ? Array(segments.dropFirst()) : segments
    }
}
