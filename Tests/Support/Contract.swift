import FoundationEssentials
import PlatformModel

/// The published contract, where it lies beside the package.
package struct Contract: Sendable {
    package static let published: Contract? = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url = url.deletingLastPathComponent() }
        url = url.appendingPathComponent("shared/reference/humanitec-openapi-0.28.37.json")
        guard let data = try? Data(contentsOf: url), let document = try? JSON.parse(data) else { return nil }
        return Contract(document: document)
    }()

    /// Beside what an operation documents (docs: the public API).
    private static let everywhere = ["401", "403", "404", "409", "412", "422", "429", "503", "501"]

    package let document: JSON

    package struct Operation: Sendable {
        package var pattern: String
        package var responses: [String: JSON]
    }

    /// The operation of a request; nil where the route is ours.
    package func operation(_ method: String, _ path: String) -> Operation? {
        let segments = path.prefix { $0 != "?" }.split(separator: "/")
        let candidates = (document["paths"]?.object ?? [:]).filter { pattern, _ in
            let wanted = pattern.split(separator: "/")
            return wanted.count == segments.count && zip(wanted, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        // The one with the fewest parameters is the one that is meant.
        let best = candidates.min { $0.key.filter { $0 == "{" }.count < $1.key.filter { $0 == "{" }.count }
        guard let best, let responses = best.value[method.lowercased()]?["responses"]?.object else { return nil }
        return Operation(pattern: best.key, responses: responses)
    }

    /// What an answer does against the contract.
    package func problems(_ method: String, _ path: String, _ status: Int, _ body: JSON?) -> [String] {
        guard let operation = operation(method, path) else { return [] }
        guard let response = operation.responses[String(status)] else {
            return Self.everywhere.contains(String(status)) ? [] : ["the contract has no \(status) here"]
        }
        // Every error of ours has the one form, also where the contract has a text or a list.
        guard status < 400, let schema = response["content"]?["application/json"]?["schema"] else { return [] }
        // Its 204 of deleting an environment type has a schema, which no 204 can have.
        guard let body else { return status == 204 ? [] : ["there is no body"] }
        return ContractSchema(document: document).problems(of: body, schema, at: "body")
    }
}

/// The part of JSON Schema (as OpenAPI 3.0 has it) that the contract uses.
package struct ContractSchema {
    let document: JSON

    package init(document: JSON) { self.document = document }

    package func problems(of value: JSON, _ schema: JSON, at path: String) -> [String] {
        if let reference = schema["$ref"]?.string {
            guard let target = document[reference: reference] else { return ["\(path): no schema \(reference)"] }
            return problems(of: value, target, at: path)
        }
        if value.isNull { return schema["nullable"] == true ? [] : ["\(path): null"] }
        var found: [String] = []
        if let choices = schema["oneOf"]?.array ?? schema["anyOf"]?.array {
            let results = choices.map { problems(of: value, $0, at: path) }
            if !results.contains(where: \.isEmpty) { found.append("\(path): none of the alternatives: \(results)") }
        }
        for part in schema["allOf"]?.array ?? [] { found += problems(of: value, part, at: path) }
        if let type = schema["type"]?.string, !Self.is(value, type) {
            return found + ["\(path): \(value.kind) instead of \(type)"]
        }
        if let choices = schema["enum"]?.array, !choices.contains(value) {
            found.append("\(path): \(value.canonical) is none of \(choices.map(\.canonical))")
        }
        switch value {
        case .string(let text): found += Self.problems(of: text, schema, at: path)
        case .array(let elements):
            guard let items = schema["items"] else { break }
            for (index, element) in elements.enumerated() { found += problems(of: element, items, at: "\(path)[\(index)]") }
        case .object(let members): found += problems(of: members, schema, at: path)
        default: break
        }
        return found
    }

    private func problems(of members: [String: JSON], _ schema: JSON, at path: String) -> [String] {
        var found: [String] = []
        for name in schema["required"]?.array ?? [] where members[name.string ?? ""] == nil {
            found.append("\(path).\(name.string ?? ""): missing")
        }
        let properties = schema["properties"]?.object ?? [:]
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] {
                found += problems(of: member, property, at: "\(path).\(name)")
            } else if schema["additionalProperties"] == false {
                found.append("\(path).\(name): unknown")
            } else if let other = schema["additionalProperties"], other.object != nil {
                found += problems(of: member, other, at: "\(path).\(name)")
            }
        }
        return found
    }

    private static func problems(of text: String, _ schema: JSON, at path: String) -> [String] {
        var found: [String] = []
        if let pattern = schema["pattern"]?.string {
            guard let regex = try? Regex(pattern) else { return ["\(path): the pattern \(pattern) cannot be read"] }
            if text.firstMatch(of: regex) == nil { found.append("\(path): '\(text)' does not match \(pattern)") }
        }
        if let longest = schema["maxLength"]?.int, text.unicodeScalars.count > longest {
            found.append("\(path): longer than \(longest)")
        }
        if schema["format"] == "date-time", (try? JSON.string(text).decode(Timestamp.self)) == nil {
            found.append("\(path): '\(text)' is no time")
        }
        return found
    }

    private static func `is`(_ value: JSON, _ type: String) -> Bool {
        switch type {
        case "integer": value.int != nil
        case "number": value.double != nil
        default: value.kind == type
        }
    }
}

extension JSON {
    fileprivate subscript(reference reference: String) -> JSON? {
        reference.split(separator: "/").dropFirst().reduce(self as JSON?) { $0?[String($1)] }
    }
}
