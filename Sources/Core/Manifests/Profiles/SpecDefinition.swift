import PlatformModel
import Schemas

/// The `spec_definition` of a workload profile (contract: WorkloadProfileSpecDefinition): which members a workload's spec may have, of
/// what form each is (`feature`: as Martlet has it, `schema`: as is said here, `collection`: a map of objects with members of their own),
/// and what stands there where the workload says nothing (`default`, in a schema).
struct SpecDefinition {
    private let properties: [String: JSON]?
    private let definition: JSON

    init(_ definition: JSON) {
        self.definition = definition
        properties = definition["properties"]?.object
    }

    static func problem(_ path: String, _ message: String, _ suggestion: String? = nil) -> Problem {
        Problem(code: "MAN-111", path: path, message: message, suggestion: suggestion)
    }

    // MARK: The schema

    /// Without `properties` everything that the chart takes is allowed.
    var schema: JSON { properties.map(Self.schema(of:)) ?? [:] }

    private static func schema(of properties: [String: JSON]) -> JSON {
        [
            "type": "object", "additionalProperties": false,
            "properties": .object(Dictionary(uniqueKeysWithValues: properties.map { ($0.key, schema(of: $0.key, $0.value)) })),
        ]
    }

    private static func schema(of name: String, _ property: JSON) -> JSON {
        var parts: [JSON] = []
        switch property["type"]?.string {
        case "collection":
            let members = property["properties"]?.object.map(schema(of:)) ?? ["type": "object"]
            parts.append(["type": "object", "additionalProperties": members])
        case "feature": parts.append(SpecFeature.schema(of: feature(name, property)) ?? [:])
        default: break
        }
        if let own = property["schema"], own.object?.isEmpty == false { parts.append(own) }
        var schema: JSON = parts.count == 1 ? parts[0] : parts.isEmpty ? [:] : ["allOf": .array(parts)]
        if let title = property["title"] { schema["title"] = title }
        return schema
    }

    private static func feature(_ name: String, _ property: JSON) -> String { property["feature_name"]?.string ?? name }

    func violations(of spec: JSON, at path: String) -> [SchemaViolation] {
        guard properties != nil, let schema = try? JSONSchema(schema) else { return [] }
        // A text with a placeholder may become anything.
        return schema.violations(of: spec, at: path) { $0.contains("${") }
    }

    // MARK: Defaults

    /// The spec with what the profile gives where it says nothing.
    func completed(_ spec: JSON) -> JSON { Self.completed(spec, properties ?? [:]) }

    private static func completed(_ spec: JSON, _ properties: [String: JSON]) -> JSON {
        guard case .object(var members) = spec else { return spec }
        for (name, property) in properties {
            if let schema = property["schema"] { members[name] = defaulted(members[name], by: schema, depth: 0) }
            guard property["type"]?.string == "collection", let entries = members[name]?.object,
                let inner = property["properties"]?.object
            else { continue }
            members[name] = .object(entries.mapValues { completed($0, inner) })
        }
        return .object(members)
    }

    /// What is said, above what a schema says by default; maps member by member.
    private static func defaulted(_ value: JSON?, by schema: JSON, depth: Int) -> JSON? {
        guard depth < 32 else { return value }
        let standard = schema["default"]
        guard var value = merged(value, over: standard) else { return nil }
        if case .object(var members) = value {
            for (name, part) in schema["properties"]?.object ?? [:] {
                members[name] = defaulted(members[name], by: part, depth: depth + 1)
            }
            value = .object(members)
        }
        return value
    }

    private static func merged(_ value: JSON?, over standard: JSON?) -> JSON? {
        guard let value else { return standard }
        guard let standard, case .object(let above) = value, case .object(let below) = standard else { return value }
        return .object(below.merging(above) { merged($1, over: $0) ?? $1 })
    }

    // MARK: What is wrong with it

    var problems: [Problem] {
        guard definition.object != nil else {
            return [Self.problem("spec_definition", "an object is needed, not \(definition.kind)")]
        }
        var found = Self.unknown(in: definition, among: ["properties", "runtime_properties"], at: "spec_definition")
        guard let properties else {
            if let given = definition["properties"], !given.isNull {
                found.append(Self.problem("spec_definition.properties", "an object is needed, not \(given.kind)"))
            }
            return found
        }
        found += Self.problems(of: properties, at: "spec_definition.properties", depth: 0)
        for name in properties.keys.sorted() where !WorkloadRenderer.fields.contains(name) {
            found.append(
                Self.problem(
                    "spec_definition.properties.\(name)", "no workload's spec has such a member",
                    nearestName(to: name, among: WorkloadRenderer.fields)))
        }
        if found.isEmpty {
            do throws(SchemaError) { _ = try JSONSchema(schema) } catch {
                found += error.problems.map { Self.problem("spec_schema.\($0.path)", $0.message, $0.suggestion) }
            }
        }
        return Array(found.prefix(JSONSchema.mostTold))
    }

    private static let fields = [
        "type", "feature_name", "title", "version", "ui_hints", "schema", "runtime_properties", "properties",
    ]
    private static let types = ["feature", "collection", "schema"]

    private static func problems(of properties: [String: JSON], at path: String, depth: Int) -> [Problem] {
        guard depth < 8 else { return [problem(path, "nests deeper than 8")] }
        var found: [Problem] = []
        for (name, property) in properties.sorted(by: { $0.key < $1.key }) {
            let place = "\(path).\(name)"
            guard property.object != nil else {
                found.append(problem(place, "an object is needed, not \(property.kind)"))
                continue
            }
            found += unknown(in: property, among: fields, at: place)
            let type = property["type"]?.string ?? ""
            if !types.contains(type) {
                found.append(
                    problem(
                        "\(place).type", "'\(type.prefix(40))' is none of \(types.joined(separator: ", "))",
                        nearestName(to: type, among: types)))
            }
            if type == "feature", SpecFeature.schema(of: feature(name, property)) == nil {
                found.append(
                    problem(
                        "\(place).feature_name", "there is no feature '\(feature(name, property).prefix(80))'",
                        nearestName(to: feature(name, property), among: SpecFeature.all.map(\.id))))
            }
            if let schema = property["schema"], !schema.isNull {
                do throws(SchemaError) { _ = try JSONSchema(schema) } catch {
                    found += error.problems.map {
                        problem($0.path.isEmpty ? "\(place).schema" : "\(place).schema.\($0.path)", $0.message, $0.suggestion)
                    }
                }
            }
            if let inner = property["properties"], !inner.isNull {
                found +=
                    inner.object.map { problems(of: $0, at: "\(place).properties", depth: depth + 1) }
                    ?? [problem("\(place).properties", "an object is needed, not \(inner.kind)")]
            }
        }
        return found
    }

    private static func unknown(in document: JSON, among known: [String], at path: String) -> [Problem] {
        (document.object ?? [:]).keys.sorted().filter { !known.contains($0) }.map {
            problem("\(path).\($0)", "there is no such field here", nearestName(to: $0, among: known))
        }
    }
}
