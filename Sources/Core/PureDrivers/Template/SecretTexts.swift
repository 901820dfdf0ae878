import PlatformModel

/// The texts of the secrets that a driver was given, to find and mask them by value.
struct SecretTexts {
    /// Longest first, so that a secret within another is not masked alone.
    private let texts: [String]

    /// Shorter ones occur in any text by chance: they count only where they are the whole value.
    private static let shortest = 6

    init(in secrets: JSON) {
        var found: Set<String> = []
        Self.collect(secrets, into: &found)
        texts = found.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
    }

    private static func collect(_ value: JSON, into found: inout Set<String>) {
        switch value {
        case .string(let text):
            // One or two letters are in everything.
            guard text.utf8.count > 2 else { return }
            found.insert(text)
            // As templates write it into Kubernetes secrets.
            if text.utf8.count >= shortest { found.insert(Base64.encode(Array(text.utf8))) }
        case .array(let elements): for element in elements { collect(element, into: &found) }
        case .object(let members): for member in members.values { collect(member, into: &found) }
        case .int, .double: collect(.string(value.canonical), into: &found)
        case .null, .bool: break
        }
    }

    /// The text with every secret in it as `***`.
    func mask(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for secret in texts.map({ Array($0.utf8) }) {
            var out: [UInt8] = [], index = 0
            while index < bytes.count {
                if bytes[index] == secret[0], bytes[index...].starts(with: secret) {
                    out += "***".utf8
                    index += secret.count
                } else {
                    out.append(bytes[index])
                    index += 1
                }
            }
            bytes = out
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where in a document a secret stands, nil when nowhere: `outputs.url`.
    func place(in value: JSON, _ path: String) -> String? {
        // Nearly always nowhere: no path is written for that.
        isAnywhere(in: value) ? search(value, path) : nil
    }

    private func isAnywhere(in value: JSON) -> Bool {
        guard !texts.isEmpty else { return false }
        switch value {
        case .string(let text): return shows(text)
        case .int, .double: return texts.contains(value.canonical)
        case .array(let elements): return elements.contains { isAnywhere(in: $0) }
        case .object(let members): return members.contains { showsAsKey($0.key) || isAnywhere(in: $0.value) }
        case .null, .bool: return false
        }
    }

    private func search(_ value: JSON, _ path: String) -> String? {
        switch value {
        case .string(let text):
            return shows(text) ? path : nil
        case .int, .double:
            return texts.contains(value.canonical) ? path : nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = search(element, "\(path).\(index)") { return found }
            }
            return nil
        case .object(let members):
            for key in members.keys.sorted() {
                // A key that holds a secret is named by what holds the key.
                if showsAsKey(key) { return path }
                if let found = members[key].flatMap({ search($0, "\(path).\(key)") }) { return found }
            }
            return nil
        case .null, .bool: return nil
        }
    }

    private func shows(_ text: String) -> Bool {
        texts.contains { $0.utf8.count >= Self.shortest ? text.holds($0) : text == $0 }
    }

    private func showsAsKey(_ key: String) -> Bool { texts.contains { $0.utf8.count >= Self.shortest && key.holds($0) } }
}
