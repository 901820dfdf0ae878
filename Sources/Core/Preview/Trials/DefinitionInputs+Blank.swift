import Planning
import PlatformModel

extension DefinitionInputs {
    /// The inputs that a definition reads, to be filled in: a document that `DefinitionInputs` reads.
    package static func blank(for definition: ResourceDefinition) -> JSON {
        var placeholders: [String: JSON] = [:]
        let read: JSON = [
            .string(definition.driverAccount ?? ""), definition.driverInputs.values, definition.driverInputs.secretRefs,
        ]
        _ = read.hasText { text in
            for placeholder in (try? PlaceholderText(text))?.placeholders ?? [] {
                // As it is written, without `${` and `}`.
                let name = String(placeholder.description.dropFirst(2).dropLast())
                // A selector finds several.
                placeholders[name] = name.contains { "<>".contains($0) } ? [] : ""
            }
            return false
        }
        var members: [String: JSON] = ["params": [:], "placeholders": .object(placeholders), "cookie": .null]
        members["secrets"] = blank(definition.driverInputs.secretRefs) ?? [:]
        if definition.driverAccount != nil { members["account"] = [:] }
        return .object(members)
    }

    /// An empty text for each reference; what is made of placeholders has them.
    private static func blank(_ references: JSON) -> JSON? {
        guard case .object(let members) = references else { return nil }
        if members["ref"]?.string != nil { return "" }
        if members.count == 1, members["value"]?.string != nil { return nil }
        let inner = members.compactMapValues(blank)
        return inner.isEmpty ? nil : .object(inner)
    }
}
