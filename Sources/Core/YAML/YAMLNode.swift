import PlatformModel

/// A place in a text: line and column (in characters), both from 1.
package struct YAMLMark: Sendable, Hashable, Comparable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: YAMLMark, right: YAMLMark) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// A node of a YAML document, and where it begins. Aliases and merge keys are already resolved; what came through one keeps the mark
/// of its anchor.
package struct YAMLNode: Sendable {
    package enum Kind: Sendable {
        case scalar(text: String, style: YAMLScalarStyle)
        case sequence([YAMLNode])
        /// In the order of the text; keys are scalars and each text occurs once.
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    package var kind: Kind
    package var mark: YAMLMark

    package init(_ kind: Kind, mark: YAMLMark) {
        self.kind = kind
        self.mark = mark
    }
}

extension YAMLNode {
    /// The document as plain values. Keys are texts as written: `1:` is the key `"1"`.
    package var json: JSON {
        switch kind {
        case .scalar(let text, let style):
            return YAMLScalar.value(of: text, style: style)
        case .sequence(let elements):
            return .array(elements.map(\.json))
        case .mapping(let entries):
            var members = [String: JSON](minimumCapacity: entries.count)
            for entry in entries { members.updateValue(entry.value.json, forKey: entry.key.text) }
            return .object(members)
        }
    }

    /// Where a value could stand and none does.
    var isNothing: Bool {
        if case .scalar(let text, .plain) = kind { text.isEmpty } else { false }
    }

    /// The text of a scalar as written (without quotes), or empty.
    package var text: String {
        if case .scalar(let text, _) = kind { text } else { "" }
    }

    /// The text of a scalar that is a string: `a` and `"3"`, not `3`.
    package var string: String? {
        if case .scalar(let text, let style) = kind, case .string = YAMLScalar.value(of: text, style: style) { text } else { nil }
    }

    package var elements: [YAMLNode]? {
        if case .sequence(let elements) = kind { elements } else { nil }
    }

    package var entries: [(key: YAMLNode, value: YAMLNode)]? {
        if case .mapping(let entries) = kind { entries } else { nil }
    }

    /// The value under a key; nil when absent or when this is not a mapping.
    package subscript(key: String) -> YAMLNode? {
        entries?.first { $0.key.text == key }?.value
    }

    package subscript(index: Int) -> YAMLNode? {
        guard let elements, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The node at a path of keys and indices.
    package func node(at path: some Sequence<String>) -> YAMLNode? {
        var node = self
        for step in path {
            guard let next = node[step] ?? Int(step).flatMap({ node[$0] }) else { return nil }
            node = next
        }
        return node
    }

    /// Where a path is in the text: its last key (or element), or the nearest place above it that exists.
    package func mark(at path: some Sequence<String>) -> YAMLMark {
        var node = self, mark = mark
        for step in path {
            if let entry = node.entries?.first(where: { $0.key.text == step }) {
                (node, mark) = (entry.value, entry.key.mark)
            } else if let index = Int(step), let element = node[index] {
                (node, mark) = (element, element.mark)
            } else {
                return mark
            }
        }
        return mark
    }

    /// The word for an error message: `mapping`, `list`, `string`, `number`, `boolean`, `null`.
    package var kindName: String {
        switch kind {
        case .mapping: "mapping"
        case .sequence: "list"
        case .scalar(let text, let style): YAMLScalar.value(of: text, style: style).kind
        }
    }
}
