import PlatformModel

/// The texts of the secrets that a driver was given, to find and mask them by value.
struct SecretTexts {
    /// Longest first, so that a secret within another is not masked alone.
    private let texts: [[UInt8]]

    /// Shorter ones occur in any text by chance: they count only where they are the whole value.
    private static let shortest = 6

    init(in secrets: JSON) {
        var found: Set<String> = []
        Self.collect(secrets, into: &found)
        texts = found.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }.map { Array($0.utf8) }
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
        for secret in texts {
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
        switch value {
        case .string(let text):
            let bytes = Array(text.utf8)
            return texts.contains { holds(bytes, $0) } ? path : nil
        case .int, .double:
            return texts.contains(Array(value.canonical.utf8)) ? path : nil
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = place(in: element, "\(path).\(index)") { return found }
            }
            return nil
        case .object(let members):
            for key in members.keys.sorted() {
                // A key that holds a secret is named by what holds the key.
                if texts.contains(where: { holds(Array(key.utf8), $0) && $0.count >= Self.shortest }) { return path }
                if let found = members[key].flatMap({ place(in: $0, "\(path).\(key)") }) { return found }
            }
            return nil
        case .null, .bool: return nil
        }
    }

    private func holds(_ text: [UInt8], _ secret: [UInt8]) -> Bool {
        if text == secret { return true }
        guard secret.count >= Self.shortest, text.count > secret.count else { return false }
        return text.indices.dropLast(secret.count - 1).contains {
            text[$0] == secret[0] && text[$0...].starts(with: secret)
        }
    }
}
