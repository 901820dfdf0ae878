import PlatformModel
import YAML

/// Finds everything that is wrong with a document. Codes: `ENTITY-101` not a document, `102` unknown key, `103` missing key, `104`
/// wrong type, `105` value not allowed, `106` id not allowed, `107` described twice, `108` file cannot be read.
struct EntityValidator {
    static let apiVersion = "entity.humanitec.io/v1b1"
    /// What these documents began with in the reference's first years; it had `object` for `entity`.
    static let oldAPIVersion = "core.api.humanitec.io/v1"

    let file: String
    private(set) var problems: [Problem] = []

    init(file: String) { self.file = file }

    /// Whether it is no document of ours, or of a kind that only others know.
    static func isOther(_ node: YAMLNode) -> Bool {
        guard [apiVersion, oldAPIVersion].contains(node["apiVersion"]?.string) else { return true }
        return node["kind"]?.string.map { EntityKind(rawValue: $0) == nil } ?? false
    }

    /// The document, or nil with its problems noted.
    mutating func read(_ node: YAMLNode) -> EntityDocument? {
        guard node.entries != nil else {
            add("101", node.mark, [], "a map is needed, with apiVersion, kind, metadata and entity; this is a \(node.kindName)")
            return nil
        }
        let before = problems.count
        if node["apiVersion"]?.string == Self.oldAPIVersion {
            return tellOld(node)
        }
        let shape = EntityShape.object(
            ["apiVersion": .string, "kind": .string, "metadata": .any, "entity": .any],
            required: ["apiVersion", "kind", "metadata"])
        check(node, shape, [])
        if let version = node["apiVersion"], let text = version.string, text != Self.apiVersion {
            add("105", version.mark, ["apiVersion"], "'\(text)' is not known", suggestion: Self.apiVersion)
        }
        guard let kindNode = node["kind"], let name = kindNode.string else { return nil }
        guard let kind = EntityKind(rawValue: name) else {
            let known = EntityKind.allCases.map(\.rawValue)
            add(
                "105", kindNode.mark, ["kind"], "'\(name)' is none of \(known.joined(separator: ", "))",
                suggestion: nearestName(to: name, among: known))
            return nil
        }
        if let metadata = node["metadata"] { check(metadata, kind.metadata, ["metadata"]) }
        let empty = YAMLNode(.mapping([]), mark: node.mark)
        let entity = node["entity"].flatMap { $0.json.isNull ? nil : $0 } ?? empty
        check(entity, kind.entity, ["entity"])
        if let inPlace = entity["in_place_driver_change"], inPlace.json == true {
            add(
                "105", inPlace.mark, ["entity", "in_place_driver_change"],
                "a resource of another driver is made anew here, and the old one destroyed: leave this out")
        }
        if let id = node["metadata"]?["id"], let text = id.string, let rule = kind.identifier, !rule.accepts(text) {
            add("106", id.mark, ["metadata", "id"], "'\(text)' cannot be the id of a \(kind.words): \(rule.words)")
        }
        guard problems.count == before, let id = node["metadata"]?["id"]?.string else { return nil }
        return EntityDocument(
            kind: kind, id: id, appID: node["metadata"]?["app_id"]?.string, resourceType: node["metadata"]?["type"]?.string,
            entity: kind.entity.pruned(entity.json), file: file, mark: node.mark)
    }

    /// Its other problems would be those of a form that it was never meant to have.
    private mutating func tellOld(_ node: YAMLNode) -> EntityDocument? {
        add(
            "105", node["apiVersion"]?.mark ?? node.mark, ["apiVersion"],
            "'\(Self.oldAPIVersion)' is the older form; write '\(Self.apiVersion)', call 'object' 'entity', and put 'criteria' into it"
        )
        return nil
    }

    private mutating func check(_ node: YAMLNode, _ shape: EntityShape, _ path: [String]) {
        switch shape {
        case .any: return
        case .string: if node.string == nil { wrong(node, path, "a string") }
        case .bool: if node.json.bool == nil { wrong(node, path, "true or false") }
        case .map(let value):
            guard let entries = node.entries else { return wrong(node, path, "a map") }
            for (key, entry) in entries {
                if case .object(_, required: []) = value, entry.json.isNull { continue }
                check(entry, value, path + [key.text])
            }
        case .list(let element):
            guard let elements = node.elements else { return wrong(node, path, "a list") }
            for (index, entry) in elements.enumerated() { check(entry, element, path + [String(index)]) }
        case .object(let fields, let required):
            guard let entries = node.entries else { return wrong(node, path, "a map") }
            for (key, entry) in entries {
                guard let field = fields[key.text] else {
                    add(
                        "102", key.mark, path + [key.text],
                        "unknown key; the keys here are \(fields.keys.sorted().joined(separator: ", "))",
                        suggestion: nearestName(to: key.text, among: fields.keys))
                    continue
                }
                // Left out, in other words.
                if entry.json.isNull, !required.contains(key.text) { continue }
                check(entry, field, path + [key.text])
            }
            for name in required where node[name] == nil { add("103", node.mark, path + [name], "is needed") }
        }
    }

    private mutating func wrong(_ node: YAMLNode, _ path: [String], _ needed: String) {
        add("104", node.mark, path, "\(needed) is needed, and this is a \(node.kindName)")
    }

    private mutating func add(_ code: String, _ mark: YAMLMark, _ path: [String], _ message: String, suggestion: String? = nil) {
        // More would bury the first.
        guard problems.count < 200 else { return }
        problems.append(
            Problem(
                code: "ENTITY-\(code)", file: file, line: mark.line, column: mark.column, path: path.joined(separator: "."),
                message: message, suggestion: suggestion))
    }
}
