import PlatformModel

/// What a resource type says of its params and outputs, ready to be asked (humanitec.md 3.4; contract: ResourceTypeResponse).
package struct TypeSchemas: Sendable {
    private struct Part: Sendable {
        var name: String
        var schema: JSONSchema
        var declared: Set<String>
    }

    private let inputs: [Part]
    private let outputs: [Part]
    /// The outputs that are secret, whoever gives them.
    package let secretOutputs: Set<String>
    /// The names of all outputs that there can be; nil where the type leaves it open.
    package let onlyOutputs: [String]?

    /// A part that is no schema bounds nothing: types are checked when they are written (`problems(of:)`).
    package init(_ type: ResourceType) {
        let outputs = TypeSections(type.outputsSchema)
        inputs = Self.read(TypeSections(type.inputsSchema)).filter { $0.name != "secrets" }
        self.outputs = Self.read(outputs)
        secretOutputs = outputs.secretNames
        onlyOutputs = outputs.isClosed ? outputs.names : nil
    }

    private static func read(_ sections: TypeSections) -> [Part] {
        sections.parts.compactMap { name, document in
            guard document.object?.isEmpty == false, let schema = try? JSONSchema(document) else { return nil }
            return Part(name: name, schema: schema, declared: Set((document["properties"]?.object ?? [:]).keys))
        }
    }

    /// Everything that is wrong with the schemas of a type.
    package static func problems(of type: ResourceType) -> [SchemaViolation] {
        let schemas = [("inputs_schema", type.inputsSchema), ("outputs_schema", type.outputsSchema)]
        return schemas.flatMap { field, document in
            guard document.object != nil else { return [SchemaViolation(field, "an object is needed, not \(document.kind)")] }
            return TypeSections(document).parts.flatMap { name, part in
                let place = name.isEmpty ? field : "\(field).\(name)"
                do throws(SchemaError) { _ = try JSONSchema(part) } catch {
                    return error.problems.map {
                        SchemaViolation($0.path.isEmpty ? place : "\(place).\($0.path)", $0.message, $0.suggestion)
                    }
                }
                return []
            }
        }
    }

    /// Whether there is nothing to ask of params.
    package var acceptsAnyParams: Bool { inputs.isEmpty }

    /// What is wrong with params; never a value.
    /// - Parameter isOpen: whether a text stands for a value that is not known yet.
    package func violations(
        ofParams params: JSON, at path: String = "params", where isOpen: (String) -> Bool = { _ in false }
    ) -> [SchemaViolation] {
        inputs.flatMap { $0.schema.violations(of: params.isNull ? [:] : params, at: path, where: isOpen) }
    }

    /// What is wrong with outputs; never a value. Where an output is declared among the values and given as a secret, that is as good.
    package func violations(
        ofValues values: JSON, secrets: JSON, at path: String = "outputs", where isOpen: (String) -> Bool = { _ in false }
    ) -> [SchemaViolation] {
        let plain = values.object ?? [:], hidden = secrets.object ?? [:]
        let values = outputs.first { $0.name == "values" }?.declared ?? []
        return outputs.flatMap { part in
            let document: [String: JSON] =
                switch part.name {
                case "values": plain.merging(hidden.filter { part.declared.contains($0.key) }) { $1 }
                case "secrets": hidden.filter { part.declared.contains($0.key) || !values.contains($0.key) }
                default: plain.merging(hidden) { $1 }
                }
            return part.schema.violations(of: .object(document), at: path, where: isOpen)
        }
    }

    /// The outputs with those that the type declares secret among the secrets, also where a driver calls them values.
    package func separated(values: JSON, secrets: JSON) -> (values: JSON, secrets: JSON) {
        guard case .object(var plain) = values else { return (values, secrets) }
        var hidden = secrets.object ?? [:]
        for name in secretOutputs where plain[name] != nil && plain[name] != .null {
            let value = plain.removeValue(forKey: name)
            if hidden[name] == nil { hidden[name] = value }
        }
        return (.object(plain), .object(hidden))
    }
}
