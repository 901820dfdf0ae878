import PlatformModel
import YAML

/// Where a part of a merged document came from.
struct ScoreOrigin: Sendable, Hashable {
    /// The file, or the option that set it.
    var file: String
    /// Nil for what came from an option.
    var mark: YAMLMark?

    init(file: String, mark: YAMLMark? = nil) {
        self.file = file
        self.mark = mark
    }
}

/// A node of a Score document after overrides: values, each with the file and place it came from.
struct ScoreNode: Sendable {
    enum Kind: Sendable {
        case scalar(JSON)
        case list([ScoreNode])
        case map([Entry])
    }

    struct Entry: Sendable {
        var key: String
        var origin: ScoreOrigin
        var value: ScoreNode
    }

    var kind: Kind
    var origin: ScoreOrigin

    init(_ kind: Kind, origin: ScoreOrigin) {
        self.kind = kind
        self.origin = origin
    }

    init(_ node: YAMLNode, file: String) {
        origin = ScoreOrigin(file: file, mark: node.mark)
        switch node.kind {
        case .scalar: kind = .scalar(node.json)
        case .sequence(let elements): kind = .list(elements.map { ScoreNode($0, file: file) })
        case .mapping(let entries):
            kind = .map(
                entries.map {
                    Entry(
                        key: $0.key.text, origin: ScoreOrigin(file: file, mark: $0.key.mark),
                        value: ScoreNode($0.value, file: file))
                })
        }
    }

    init(_ json: JSON, origin: ScoreOrigin) {
        self.origin = origin
        switch json {
        case .array(let elements): kind = .list(elements.map { ScoreNode($0, origin: origin) })
        case .object(let members):
            kind = .map(
                members.keys.sorted().map {
                    Entry(key: $0, origin: origin, value: ScoreNode(members[$0, default: .null], origin: origin))
                })
        default: kind = .scalar(json)
        }
    }

    var json: JSON {
        switch kind {
        case .scalar(let value): value
        case .list(let elements): .array(elements.map(\.json))
        case .map(let entries):
            .object(
                entries.reduce(into: [String: JSON](minimumCapacity: entries.count)) {
                    $0.updateValue($1.value.json, forKey: $1.key)
                })
        }
    }

    /// About how many bytes it has as text.
    var size: Int {
        switch kind {
        case .scalar(.string(let text)): text.utf8.count + 2
        case .scalar: 8
        case .list(let elements): elements.reduce(2) { $0 + $1.size + 1 }
        case .map(let entries): entries.reduce(2) { $0 + $1.key.utf8.count + $1.value.size + 4 }
        }
    }

    /// The entries of a map; empty for anything else.
    var entries: [Entry] {
        if case .map(let entries) = kind { entries } else { [] }
    }

    var elements: [ScoreNode] {
        if case .list(let elements) = kind { elements } else { [] }
    }

    var string: String? {
        if case .scalar(.string(let text)) = kind { text } else { nil }
    }

    var isNull: Bool {
        if case .scalar(.null) = kind { true } else { false }
    }

    subscript(key: String) -> ScoreNode? {
        get { entries.first { $0.key == key }?.value }
        set {
            guard case .map(var entries) = kind else { return }
            // Given up here, so that the entries are changed in their place and not copied.
            kind = .list([])
            let index = entries.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): entries[index].value = value
            case (let index?, nil): entries.remove(at: index)
            case (nil, let value?): entries.append(Entry(key: key, origin: value.origin, value: value))
            case (nil, nil): break
            }
            kind = .map(entries)
        }
    }

    /// Applies a change to every value of a map.
    mutating func mapValues(_ change: (inout ScoreNode, _ key: String) -> Void) {
        guard case .map(var entries) = kind else { return }
        kind = .list([])
        for index in entries.indices { change(&entries[index].value, entries[index].key) }
        kind = .map(entries)
    }
}
