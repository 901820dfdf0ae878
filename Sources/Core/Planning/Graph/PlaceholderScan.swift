import PlatformModel

/// One placeholder of a document and where it stands.
struct PlacedPlaceholder: Sendable {
    var placeholder: Placeholder
    /// `/templates/init:3:5`.
    var place: String
}

/// Walks the strings of a document.
struct PlaceholderScan {
    private(set) var found: [PlacedPlaceholder] = []
    private(set) var problems: [Problem] = []
    private let owner: String
    private var path: [String]

    /// - Parameter owner: names the document in problems.
    init(owner: String, prefix: [String] = []) {
        self.owner = owner
        self.path = prefix
    }

    mutating func walk(_ value: JSON) {
        _ = rewrite(value) { $0 }
    }

    /// The document with every placeholder put through `change`.
    mutating func rewrite(_ value: JSON, _ change: (PlaceholderText) -> PlaceholderText) -> JSON {
        switch value {
        case .string(let text):
            guard PlaceholderText.needsReading(text) else { return value }
            return .string(read(text).map { change($0).text } ?? text)
        case .array(let elements):
            return .array(
                elements.enumerated().map { index, element in
                    path.append(String(index))
                    defer { path.removeLast() }
                    return rewrite(element, change)
                })
        case .object(var members):
            for key in members.keys.sorted() {
                path.append(key)
                members[key] = rewrite(members[key, default: .null], change)
                path.removeLast()
            }
            return .object(members)
        default:
            return value
        }
    }

    private mutating func read(_ text: String) -> PlaceholderText? {
        let pointer = JSONPointer(tokens: path)
        do {
            let parsed = try PlaceholderText(text)
            for placeholder in parsed.placeholders {
                let position = PlaceholderText.position(of: placeholder.offset, in: text.utf8)
                found.append(PlacedPlaceholder(placeholder: placeholder, place: "\(pointer):\(position.line):\(position.column)"))
            }
            return parsed
        } catch {
            problems.append(
                Problem(code: "PLAN-101", path: "\(owner) \(pointer):\(error.line):\(error.column)", message: error.reason))
            return nil
        }
    }
}
