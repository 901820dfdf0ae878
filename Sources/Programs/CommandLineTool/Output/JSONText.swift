import PlatformModel

/// JSON for people: indented, keys sorted.
enum JSONText {
    static func pretty(_ value: JSON) -> String { write(value, indent: "") + "\n" }

    private static func write(_ value: JSON, indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .object(let members) where !members.isEmpty:
            let lines = members.sorted { $0.key < $1.key }.map {
                "\(inner)\(JSON.string($0.key).canonical): \(write($0.value, indent: inner))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        case .array(let elements) where !elements.isEmpty:
            return "[\n" + elements.map { inner + write($0, indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        default:
            return value.canonical
        }
    }
}
