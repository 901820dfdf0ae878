import PlatformModel

/// As much of JSON Schema (draft 2020-12) as the Score schema uses: the judge of our own validator.
struct JSONSchema {
    let root: JSON

    func accepts(_ value: JSON) -> Bool { accepts(value, root) }

    private func accepts(_ value: JSON, _ schema: JSON) -> Bool {
        if let reference = schema["$ref"]?.string {
            guard let target = root["$defs"]?[String(reference.dropFirst("#/$defs/".count))], accepts(value, target) else {
                return false
            }
        }
        if let type = schema["type"]?.string, !isType(value, type) { return false }
        if let choices = schema["enum"]?.array, !choices.contains(value) { return false }
        if let not = schema["not"], accepts(value, not) { return false }
        if let all = schema["allOf"]?.array, !all.allSatisfy({ accepts(value, $0) }) { return false }
        if let any = schema["anyOf"]?.array, !any.contains(where: { accepts(value, $0) }) { return false }
        if let one = schema["oneOf"]?.array, one.filter({ accepts(value, $0) }).count != 1 { return false }
        switch value {
        case .string(let text): return acceptsText(text, schema)
        case .int, .double: return acceptsNumber(value.double ?? 0, schema)
        case .array(let elements): return schema["items"].map { items in elements.allSatisfy { accepts($0, items) } } ?? true
        case .object(let members): return acceptsMembers(members, schema)
        default: return true
        }
    }

    private func isType(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "integer": value.int != nil
        case "number": value.double != nil
        default: value.kind == type
        }
    }

    private func acceptsText(_ text: String, _ schema: JSON) -> Bool {
        let length = text.unicodeScalars.count
        if let least = schema["minLength"]?.int, length < least { return false }
        if let most = schema["maxLength"]?.int, length > most { return false }
        guard let pattern = schema["pattern"]?.string else { return true }
        guard let regex = try? Regex(pattern).asciiOnlyDigits() else { return false }
        return text.contains(regex)
    }

    private func acceptsNumber(_ number: Double, _ schema: JSON) -> Bool {
        number >= (schema["minimum"]?.double ?? -.infinity) && number <= (schema["maximum"]?.double ?? .infinity)
    }

    private func acceptsMembers(_ members: [String: JSON], _ schema: JSON) -> Bool {
        for name in schema["required"]?.array ?? [] where members[name.string ?? ""] == nil { return false }
        if let least = schema["minProperties"]?.int, members.count < least { return false }
        for (name, value) in members {
            if let names = schema["propertyNames"], !accepts(.string(name), names) { return false }
            if let property = schema["properties"]?[name] {
                guard accepts(value, property) else { return false }
            } else if let additional = schema["additionalProperties"] {
                guard additional.bool ?? accepts(value, additional) else { return false }
            }
        }
        return true
    }
}
