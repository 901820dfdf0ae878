import PlatformModel
import Templating

/// One look at a value with a schema.
struct SchemaValidation {
    let schema: JSONSchema
    let isOpen: (String) -> Bool
    /// Schemas that may still be applied: combinations and references multiply.
    private var budget = 50_000
    /// A pattern is mostly asked of many texts.
    private var patterns: [String: LinearExpression] = [:]

    init(schema: JSONSchema, isOpen: @escaping (String) -> Bool) {
        self.schema = schema
        self.isOpen = isOpen
    }

    mutating func violations(of value: JSON, by schema: JSON, at path: String, depth: Int) -> [SchemaViolation] {
        if let accepts = schema.bool { return accepts ? [] : [SchemaViolation(path, "nothing may stand here")] }
        guard let keywords = schema.object, !keywords.isEmpty else { return [] }
        budget -= 1
        guard budget > 0, depth < JSONSchema.deepest else {
            return [SchemaViolation(path, "cannot be checked: the schema nests too deep, or has too many combinations")]
        }
        if let text = value.string, isOpen(text) { return [] }
        if let types = keywords["type"], let wrong = Self.mistyped(value, types, at: path) { return [wrong] }
        var found = combined(value, keywords, at: path, depth: depth)
        if let choices = keywords["enum"]?.array, !choices.contains(where: { Self.equal($0, value) }) {
            found.append(SchemaViolation(path, "one of \(Self.words(choices)) is needed"))
        }
        if let only = keywords["const"], !Self.equal(only, value) {
            found.append(SchemaViolation(path, "\(Self.words([only])) is needed"))
        }
        switch value {
        case .string(let text): found += self.text(text, keywords, at: path)
        case .int, .double: found += Self.number(value.double ?? 0, keywords, at: path)
        case .array(let elements): found += self.elements(elements, keywords, at: path, depth: depth)
        case .object(let members): found += self.members(members, keywords, at: path, depth: depth)
        case .null, .bool: break
        }
        return found
    }

    // MARK: Combinations

    private mutating func combined(_ value: JSON, _ keywords: [String: JSON], at path: String, depth: Int) -> [SchemaViolation] {
        var found: [SchemaViolation] = []
        if let reference = keywords["$ref"]?.string, let target = schema.target(of: reference) {
            found += violations(of: value, by: target, at: path, depth: depth + 1)
        }
        for part in keywords["allOf"]?.array ?? [] { found += violations(of: value, by: part, at: path, depth: depth + 1) }
        if let parts = keywords["anyOf"]?.array, matching(value, parts, depth) == 0 {
            found.append(SchemaViolation(path, "fits none of the forms that the schema allows here"))
        }
        if let parts = keywords["oneOf"]?.array {
            let count = matching(value, parts, depth)
            if count != 1 {
                found.append(
                    SchemaViolation(
                        path, "fits \(count == 0 ? "none" : "\(count)") of the forms of which it must fit exactly one"))
            }
        }
        if let part = keywords["not"], violations(of: value, by: part, at: path, depth: depth + 1).isEmpty {
            found.append(SchemaViolation(path, "is of a form that the schema forbids"))
        }
        return found
    }

    private mutating func matching(_ value: JSON, _ parts: [JSON], _ depth: Int) -> Int {
        var count = 0
        for part in parts where violations(of: value, by: part, at: "", depth: depth + 1).isEmpty { count += 1 }
        return count
    }

    // MARK: Kinds of values

    private static func mistyped(_ value: JSON, _ types: JSON, at path: String) -> SchemaViolation? {
        let names = types.array?.compactMap(\.string) ?? [types.string ?? ""]
        let fits = names.contains { name in
            switch name {
            case "integer": value.int != nil
            case "number": value.double != nil
            default: value.kind == name
            }
        }
        if fits { return nil }
        return SchemaViolation(path, "\(names.joined(separator: " or ")) is needed, not \(value.kind)")
    }

    private mutating func text(_ text: String, _ keywords: [String: JSON], at path: String) -> [SchemaViolation] {
        var found: [SchemaViolation] = []
        let length = text.unicodeScalars.count
        if let least = keywords["minLength"]?.int, length < least {
            found.append(SchemaViolation(path, "at least \(least) characters are needed"))
        }
        if let most = keywords["maxLength"]?.int, length > most {
            found.append(SchemaViolation(path, "at most \(most) characters are allowed"))
        }
        if let pattern = keywords["pattern"]?.string, !matches(text, pattern) {
            found.append(SchemaViolation(path, "does not match the pattern \(pattern)"))
        }
        return found
    }

    private static func number(_ number: Double, _ keywords: [String: JSON], at path: String) -> [SchemaViolation] {
        var found: [SchemaViolation] = []
        func bound(_ keyword: String, _ words: String, _ holds: (Double) -> Bool) {
            guard let limit = keywords[keyword], let value = limit.double, !holds(value) else { return }
            found.append(SchemaViolation(path, "\(words) \(limit.canonical)"))
        }
        bound("minimum", "must be at least") { number >= $0 }
        bound("maximum", "must be at most") { number <= $0 }
        bound("exclusiveMinimum", "must be more than") { number > $0 }
        bound("exclusiveMaximum", "must be less than") { number < $0 }
        bound("multipleOf", "must be a multiple of") { $0 <= 0 || (number / $0).rounded() * $0 == number }
        return found
    }

    private mutating func elements(
        _ elements: [JSON], _ keywords: [String: JSON], at path: String, depth: Int
    ) -> [SchemaViolation] {
        var found: [SchemaViolation] = []
        if let least = keywords["minItems"]?.int, elements.count < least {
            found.append(SchemaViolation(path, "at least \(least) elements are needed"))
        }
        if let most = keywords["maxItems"]?.int, elements.count > most {
            found.append(SchemaViolation(path, "at most \(most) elements are allowed"))
        }
        if keywords["uniqueItems"]?.bool == true, Set(elements).count != elements.count {
            found.append(SchemaViolation(path, "the same element stands there twice"))
        }
        let first = keywords["prefixItems"]?.array ?? keywords["items"]?.array ?? []
        let rest = keywords["items"]?.array == nil ? keywords["items"] : keywords["additionalItems"]
        for (index, element) in elements.enumerated() {
            guard let part = index < first.count ? first[index] : rest, found.count < JSONSchema.mostProblems else { continue }
            found += violations(of: element, by: part, at: "\(path)[\(index)]", depth: depth + 1)
        }
        return found
    }

    private mutating func members(
        _ members: [String: JSON], _ keywords: [String: JSON], at path: String, depth: Int
    ) -> [SchemaViolation] {
        func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        var found: [SchemaViolation] = []
        for name in keywords["required"]?.array?.compactMap(\.string) ?? [] where members[name] == nil {
            found.append(SchemaViolation(place(name), "missing"))
        }
        if let least = keywords["minProperties"]?.int, members.count < least {
            found.append(SchemaViolation(path, "at least \(least) members are needed"))
        }
        if let most = keywords["maxProperties"]?.int, members.count > most {
            found.append(SchemaViolation(path, "at most \(most) members are allowed"))
        }
        let properties = keywords["properties"]?.object ?? [:], byPattern = keywords["patternProperties"]?.object ?? [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where found.count < JSONSchema.mostProblems {
            var parts = properties[name].map { [$0] } ?? []
            for (pattern, part) in byPattern where matches(name, pattern) { parts.append(part) }
            if parts.isEmpty, let others = keywords["additionalProperties"] {
                if others.bool == false {
                    found.append(
                        SchemaViolation(place(name), "unknown key", nearestName(to: name, among: properties.keys.sorted())))
                    continue
                }
                parts = [others]
            }
            if let names = keywords["propertyNames"], !violations(of: .string(name), by: names, at: "", depth: depth + 1).isEmpty
            {
                found.append(SchemaViolation(place(name), "not a name that is allowed here"))
            }
            for part in parts { found += violations(of: value, by: part, at: place(name), depth: depth + 1) }
        }
        return found
    }

    /// A `pattern` matches anywhere in a text, unless it has anchors. A text that would take too long does not match.
    private mutating func matches(_ text: String, _ pattern: String) -> Bool {
        let expression = patterns[pattern] ?? LinearExpression(pattern)
        patterns[pattern] = expression
        return expression?.matches(text, steps: Self.stepsOfPattern) ?? false
    }

    private static let stepsOfPattern = 4_000_000

    // MARK: Words

    /// `1` and `1.0` are one number.
    private static func equal(_ left: JSON, _ right: JSON) -> Bool {
        if let left = left.double, let right = right.double { return left == right }
        return left == right
    }

    private static func words(_ choices: [JSON]) -> String {
        let shown = choices.prefix(20).map { $0.string.map { "'\($0.prefix(40))'" } ?? String($0.canonical.prefix(40)) }
        return shown.joined(separator: ", ") + (choices.count > shown.count ? ", ..." : "")
    }
}
