import PlatformModel

/// One content of a shared value: what a key had from one change to the next.
struct SharedValue: Sendable, Hashable {
    var id: String
    /// The content that was written; the same where only the description changed since.
    var contentID: String
    var level: ValueLevel
    var key: String
    var isSecret: Bool
    /// Nil: a secret, or purged.
    var value: String?
    /// Of a secret: where it is kept.
    var reference: SecretReference?
    var description: String
    /// When the key was created.
    var createdAt: Timestamp
    var updatedAt: Timestamp
    var updatedBy: String
    var isPurged: Bool

    /// What `${values.KEY}` stands for; nil once it is purged.
    var resolved: ResolvedSharedValue? {
        if isPurged { return nil }
        return reference.map { .secret($0) } ?? .text(value ?? "")
    }
}

/// What a placeholder for a shared value becomes.
enum ResolvedSharedValue: Sendable, Hashable {
    case text(String)
    case secret(SecretReference)
}

/// The rules for shared values.
enum SharedValueRule {
    /// Bytes of a value.
    static let maximumValue = 64 << 10
    static let maximumDescription = 4 << 10
    static let maximumComment = 1 << 10
    static let maximumKey = 128
    /// Keys of one level.
    static let maximumKeys = 500
    /// Bytes of all plain values of one level.
    static let maximumBytes = 1 << 20

    /// Contract: `^[A-Za-z0-9_.-]+$`; and no digit first (humanitec.md 1.1).
    static func accepts(key: String) -> Bool {
        guard let first = key.utf8.first, key.utf8.count <= maximumKey, !(0x30...0x39).contains(first) else { return false }
        return key.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    static let keyWords = "1 to \(maximumKey) letters, digits and _ . - with no digit first"
}
