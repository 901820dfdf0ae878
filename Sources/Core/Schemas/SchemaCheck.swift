import PlatformModel
import Templating

/// Whether a document is a schema.
struct SchemaCheck {
    let root: JSON
    private(set) var problems: [SchemaViolation] = []

    init(root: JSON) { self.root = root }

    static let types = ["array", "boolean", "integer", "null", "number", "object", "string"]
    private static let longestPattern = 1000

    mutating func check(_ schema: JSON, at path: String, depth: Int) {
        guard problems.count < JSONSchema.mostProblems else { return }
        if schema.bool != nil { return }
        guard let members = schema.object else { return add(path, "a schema is an object, not \(schema.kind)") }
        guard depth < JSONSchema.deepest else { return add(path, "nests deeper than \(JSONSchema.deepest)") }
        for (keyword, value) in members.sorted(by: { $0.key < $1.key }) {
            let place = path.isEmpty ? keyword : "\(path).\(keyword)"
            switch keyword {
            case "type": checkType(value, at: place)
            case "enum": if value.array == nil { add(place, "a list of values is needed, not \(value.kind)") }
            case "required": checkNames(value, at: place)
            case "pattern": checkPattern(value, at: place)
            case "$ref": checkReference(value, at: place)
            case "properties", "patternProperties", "definitions", "$defs":
                checkMembers(value, keyword, at: place, depth: depth)
            case "additionalProperties", "propertyNames", "not", "contains", "additionalItems":
                check(value, at: place, depth: depth + 1)
            case "items":
                if value.array == nil { check(value, at: place, depth: depth + 1) } else { checkAll(value, place, depth) }
            case "allOf", "anyOf", "oneOf", "prefixItems": checkAll(value, place, depth)
            case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties":
                if (value.int ?? -1) < 0 { add(place, "a whole number from 0 is needed") }
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
                if value.double == nil { add(place, "a number is needed, not \(value.kind)") }
            default: break
            }
        }
    }

    private mutating func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
        problems.append(SchemaViolation(path, message, suggestion))
    }

    private mutating func checkType(_ value: JSON, at path: String) {
        let names = value.array?.map { $0.string ?? "" } ?? [value.string ?? ""]
        for name in names where !Self.types.contains(name) {
            add(
                path, "'\(name.prefix(40))' is none of \(Self.types.joined(separator: ", "))",
                nearestName(to: name, among: Self.types))
        }
    }

    private mutating func checkNames(_ value: JSON, at path: String) {
        if value.array?.allSatisfy({ $0.string != nil }) != true { add(path, "a list of names is needed") }
    }

    private mutating func checkPattern(_ value: JSON, at path: String) {
        guard let text = value.string else { return add(path, "a text is needed, not \(value.kind)") }
        if text.utf8.count > Self.longestPattern || LinearExpression(text) == nil {
            add(path, "not a regular expression of at most \(Self.longestPattern) characters (RE2: without look-around)")
        }
    }

    private mutating func checkReference(_ value: JSON, at path: String) {
        guard let text = value.string, JSONSchema.target(of: text, in: root) != nil else {
            return add(path, "a reference names a place in the same schema, such as '#/definitions/name'")
        }
    }

    private mutating func checkMembers(_ value: JSON, _ keyword: String, at path: String, depth: Int) {
        guard let members = value.object else { return add(path, "an object of schemas is needed, not \(value.kind)") }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if keyword == "patternProperties" { checkPattern(.string(name), at: "\(path).\(name)") }
            check(member, at: "\(path).\(name)", depth: depth + 1)
        }
    }

    private mutating func checkAll(_ value: JSON, _ path: String, _ depth: Int) {
        guard let schemas = value.array else { return add(path, "a list of schemas is needed, not \(value.kind)") }
        for (index, schema) in schemas.enumerated() { check(schema, at: "\(path)[\(index)]", depth: depth + 1) }
    }
}
