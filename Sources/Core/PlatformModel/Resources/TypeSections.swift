/// The parts of a resource type's schemas, however they are written (contract: ResourceTypeRequest):
///
/// | written as | means |
/// |---|---|
/// | `{"values": SCHEMA, "secrets": SCHEMA}` | as the contract's example has it |
/// | `{"type": "object", "properties": {"values": SCHEMA, "secrets": SCHEMA}}` | the same |
/// | any other JSON Schema | of all names together; a property with `"secret": true` or `"writeOnly": true` is secret |
package struct TypeSections: Sendable, Hashable {
    /// Of the outputs, or the inputs, that are not secret.
    package var values: JSON?
    package var secrets: JSON?
    /// Of all together.
    package var all: JSON?

    package init(_ schema: JSON) {
        let members = schema.object ?? [:], properties = members["properties"]?.object ?? [:]
        let names: Set<String> = ["values", "secrets"]
        if members["properties"] == nil, members["values"]?.object != nil || members["secrets"]?.object != nil {
            (values, secrets) = (members["values"], members["secrets"])
        } else if !properties.isEmpty, names.isSuperset(of: properties.keys) {
            (values, secrets) = (properties["values"], properties["secrets"])
        } else {
            all = schema
            return
        }
        // What a part refers to stands beside it.
        for key in ["definitions", "$defs"] {
            guard let shared = members[key] else { continue }
            if values?.object != nil, values?[key] == nil { values?[key] = shared }
            if secrets?.object != nil, secrets?[key] == nil { secrets?[key] = shared }
        }
    }

    /// Every part that is there, by its name in a message.
    package var parts: [(name: String, schema: JSON)] {
        [("values", values), ("secrets", secrets), ("", all)].compactMap { name, schema in schema.map { (name, $0) } }
    }

    /// The names that the parts declare, sorted.
    package var names: [String] {
        parts.reduce(into: Set<String>()) { $0.formUnion(($1.schema["properties"]?.object ?? [:]).keys) }.sorted()
    }

    /// Whether no other names are allowed.
    package var isClosed: Bool {
        func closes(_ schema: JSON?) -> Bool { schema?["additionalProperties"] == false && schema?["patternProperties"] == nil }
        return all == nil ? closes(values) && closes(secrets) : closes(all)
    }

    /// The names that are declared to be secret.
    package var secretNames: Set<String> {
        let marked = (all?["properties"]?.object ?? [:]).filter { $0.value["secret"] == true || $0.value["writeOnly"] == true }
        return Set(marked.keys).union((secrets?["properties"]?.object ?? [:]).keys)
    }
}
