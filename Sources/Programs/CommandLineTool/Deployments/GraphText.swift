import Planning
import PlatformModel

/// A deployment's graph as text: a tree for people, DOT for Graphviz.
struct GraphText: Sendable {
    struct Node: Sendable {
        var id: String
        var type: String
        var definition: String
        var action: String
        var reason: String
        var dependsOn: [String]
    }

    let nodes: [Node]
    private let byID: [String: Node]

    /// A graph that no deployment has, in the form of the API.
    static func body(_ graph: ResourceGraph) -> JSON {
        [
            "id": .string(graph.id),
            "nodes": .array(
                graph.nodes.map { node in
                    [
                        "id": .string(node.identity.description), "type": .string(node.identity.type),
                        "class": .string(node.identity.class), "res_id": .string(node.identity.id),
                        "guresid": .string(node.guResID), "definition": .string(node.definitionID),
                        "driver": .string(node.driverType),
                        "depends_on": .array(node.dependsOn.map { .string($0.description) }),
                    ]
                }),
        ]
    }

    init(_ body: JSON) {
        nodes = (body["nodes"]?.array ?? []).map { node in
            func word(_ key: String) -> String { TextStyle.printable(node[key]?.string ?? "") }
            return Node(
                id: word("id"), type: word("type"), definition: word("definition"), action: word("action"),
                reason: word("reason"),
                dependsOn: (node["depends_on"]?.array ?? []).compactMap { $0.string.map(TextStyle.printable) }.sorted())
        }.sorted { $0.id < $1.id }
        byID = Dictionary(nodes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What nothing depends on first, below each what it depends on; what was shown in full before is only named.
    func tree(style: TextStyle) -> String {
        let needed = Set(nodes.flatMap(\.dependsOn))
        var shown: Set<String> = [], text = ""
        var roots = nodes.filter { !needed.contains($0.id) }
        // A graph without beginning is a circle, which the server refuses; still every node is shown.
        if roots.isEmpty { roots = nodes }
        for root in roots { write(root.id, prefix: "", childPrefix: "", style, &shown, &text) }
        for node in nodes where !shown.contains(node.id) { write(node.id, prefix: "", childPrefix: "", style, &shown, &text) }
        return text
    }

    private func write(
        _ id: String, prefix: String, childPrefix: String, _ style: TextStyle, _ shown: inout Set<String>, _ text: inout String
    ) {
        guard let node = byID[id] else {
            text += "\(prefix)\(id)\n"
            return
        }
        let isRepeated = !shown.insert(id).inserted
        text += prefix + style(node.id, childPrefix.isEmpty ? .bold : nil)
        if isRepeated {
            text += node.dependsOn.isEmpty ? "\n" : style("  (as above)", .gray) + "\n"
            return
        }
        if !node.definition.isEmpty { text += "  \(node.definition)" }
        if !node.action.isEmpty { text += "  " + style("[\(node.action)]", .gray) }
        text += "\n"
        for (index, child) in node.dependsOn.enumerated() {
            let isLast = index == node.dependsOn.count - 1
            write(
                child, prefix: childPrefix + (isLast ? "└─ " : "├─ "), childPrefix: childPrefix + (isLast ? "   " : "│  "), style,
                &shown, &text)
        }
    }

    /// An arrow goes from what needs to what is needed.
    func dot() -> String {
        var text = "digraph deployment {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n"
        for node in nodes {
            let label = [node.id, node.definition, node.action].filter { !$0.isEmpty }.map(Self.escaped).joined(separator: "\\n")
            let shape = node.type == "workload" ? ", shape=component" : ""
            text += "  \(Self.quoted(node.id)) [label=\"\(label)\"\(shape)];\n"
        }
        for node in nodes {
            for need in node.dependsOn { text += "  \(Self.quoted(node.id)) -> \(Self.quoted(need));\n" }
        }
        return text + "}\n"
    }

    private static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
