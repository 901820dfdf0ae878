import PlatformModel

/// One placeholder of a document and where it stands.
struct PlacedPlaceholder: Sendable {
    var placeholder: Placeholder
    /// Of the text in its document.
    var path: [String]
    /// The text that it is in; nil where the text is nothing else.
    var text: String?

    /// `/templates/init:3:5`. Made only for a message.
    var place: String {
        let pointer = JSONPointer(tokens: path).description
        guard let text else { return pointer }
        let position = PlaceholderText.position(of: placeholder.offset, in: text.utf8)
        return "\(pointer):\(position.line):\(position.column)"
    }
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
        switch value {
        case .string(let text):
            if PlaceholderText.needsReading(text) { _ = read(text) }
        case .array(let elements):
            for (index, element) in elements.enumerated() where element.mayHoldPlaceholder {
                path.append(String(index))
                walk(element)
                path.removeLast()
            }
        case .object(let members):
            for (key, member) in JSON.placeholderMembers(members) {
                path.append(key)
                walk(member)
                path.removeLast()
            }
        default:
            break
        }
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
            for (key, member) in JSON.placeholderMembers(members) {
                path.append(key)
                members[key] = rewrite(member, change)
                path.removeLast()
            }
            return .object(members)
        default:
            return value
        }
    }

    private mutating func read(_ text: String) -> PlaceholderText? {
        do {
            let parsed = try PlaceholderText(text)
            for case .placeholder(let placeholder) in parsed.pieces {
                found.append(PlacedPlaceholder(placeholder: placeholder, path: path, text: text))
            }
            return parsed
        } catch {
            let pointer = JSONPointer(tokens: path)
            problems.append(
                Problem(code: "PLAN-101", path: "\(owner) \(pointer):\(error.line):\(error.column)", message: error.reason))
            return nil
        }
    }
}

extension JSON {
    /// Whether there are values within: an object or an array that is not empty.
    var holdsValues: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    /// Whether a walk for placeholders has to look here. Most members of most documents need no look, and no place in an order.
    var mayHoldPlaceholder: Bool {
        if case .string(let text) = self { PlaceholderText.needsReading(text) } else { holdsValues }
    }

    /// The members that may, in order.
    static func placeholderMembers(_ members: [String: JSON]) -> [(key: String, value: JSON)] {
        var found: [(key: String, value: JSON)] = []
        for member in members where member.value.mayHoldPlaceholder { found.append(member) }
        if found.count > 1 { found.sort { $0.key < $1.key } }
        return found
    }
}
