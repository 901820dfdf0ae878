/// The texts of a tree, wherever they stand.
extension JSON {
    /// Every text in a tree that is not empty, and every number as it is written.
    package static func texts(in value: JSON) -> [String] {
        switch value {
        case .string(let text): text.isEmpty ? [] : [text]
        case .int, .double: [value.canonical]
        case .array(let elements): elements.flatMap(texts)
        case .object(let members): members.values.flatMap(texts)
        case .null, .bool: []
        }
    }

    /// Whether some text or key is of a kind.
    package func hasText(where isMeant: (String) -> Bool) -> Bool {
        switch self {
        case .string(let text): isMeant(text)
        case .array(let elements): elements.contains { $0.hasText(where: isMeant) }
        case .object(let members): members.contains { isMeant($0.key) || $0.value.hasText(where: isMeant) }
        case .null, .bool, .int, .double: false
        }
    }

    /// The tree with other texts; keys stay.
    package func mapTexts(_ other: (String) -> String) -> JSON {
        switch self {
        case .string(let text): .string(other(text))
        case .array(let elements): .array(elements.map { $0.mapTexts(other) })
        case .object(let members): .object(members.mapValues { $0.mapTexts(other) })
        case .null, .bool, .int, .double: self
        }
    }
}
