import PlatformModel
import YAML

/// A value of a file that is imported, and where it stands: what notes are made of.
struct SourceNode {
    let node: YAMLNode
    let file: String
    let path: [String]
    /// Of the key that leads here, where there is one.
    let mark: YAMLMark

    init(_ node: YAMLNode, file: String, path: [String] = [], mark: YAMLMark? = nil) {
        self.node = node
        self.file = file
        self.path = path
        self.mark = mark ?? node.mark
    }

    /// Nil when there is no such key, and when it has no value: most files mean the same by both.
    subscript(key: String) -> SourceNode? {
        guard let entry = node.entries?.first(where: { $0.key.text == key }) else { return nil }
        let child = SourceNode(entry.value, file: file, path: path + [key], mark: entry.key.mark)
        return child.isNull ? nil : child
    }

    var entries: [(key: String, value: SourceNode)]? {
        node.entries?.map { ($0.key.text, SourceNode($0.value, file: file, path: path + [$0.key.text], mark: $0.key.mark)) }
    }

    var elements: [SourceNode]? {
        node.elements?.enumerated().map { SourceNode($0.element, file: file, path: path + ["\($0.offset)"]) }
    }

    var isNull: Bool { node.kindName == "null" }

    /// The text of a scalar as written: `8080`, `"8080"` and `true` alike. Nil for maps, lists and nothing.
    var text: String? {
        if case .scalar(let text, _) = node.kind, !isNull { text } else { nil }
    }

    /// A whole number, in quotes or not.
    var int: Int? { node.json.int ?? text.flatMap { Int($0) } }

    var bool: Bool? { node.json.bool ?? text.flatMap { Bool($0) } }

    /// The texts of a list of scalars, or of one scalar.
    var texts: [String]? { elements?.compactMap(\.text) ?? text.map { [$0] } }
}
