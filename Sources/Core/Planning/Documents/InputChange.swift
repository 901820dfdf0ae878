import PlatformModel

/// One input of a resource, or one field of a workload, that is not what it was.
package struct InputChange: Sendable, Hashable, Codable, CustomStringConvertible {
    /// A JSON pointer: `/params/size`, `/values/host`, `/secrets/password`; in a workload `/spec/replicas`.
    package var path: String
    /// Nil when there was none.
    package var before: ShownValue?
    /// Nil when there is none any more.
    package var after: ShownValue?

    package init(path: String, before: ShownValue?, after: ShownValue?) {
        self.path = path
        self.before = before
        self.after = after
    }

    /// `/params/size: "small" -> "large"`.
    package var description: String { "\(path): \(before?.description ?? "nothing") -> \(after?.description ?? "nothing")" }

    /// What is listed of one resource; the digest counts all.
    static let limit = 50
}

/// A value as a plan may show it.
package enum ShownValue: Sendable, Hashable, CustomStringConvertible {
    /// Not secret, and short: a long text is its beginning and a fingerprint.
    case value(JSON)
    /// A secret: 12 hex digits of the hash of where it is kept. Equal references give equal fingerprints; the secret itself is not known
    /// here.
    case secret(fingerprint: String)
    /// Known once this resource is done.
    case awaits(ResourceIdentity)

    package var description: String {
        switch self {
        case .value(let value): value.canonical
        case .secret(let fingerprint): "secret \(fingerprint)"
        case .awaits(let identity): "known after \(identity)"
        }
    }

    /// A leaf, cut where it is long.
    init(_ leaf: JSON) {
        guard case .string(let text) = leaf, text.utf8.count > Self.longest else {
            self = .value(leaf)
            return
        }
        let mark = SHA256.hex(text, digits: 12)
        self = .value(.string("\(String(text.unicodeScalars.prefix(80)))... (\(text.utf8.count) bytes, \(mark))"))
    }

    init(_ slot: SecretSlot) {
        if case .reference(let reference)? = slot.parts.first(where: { $0.isAwaited }) {
            self = .awaits(AwaitedOutputs.identity(reference))
            return
        }
        var fields = FieldBytes()
        for part in slot.parts {
            switch part {
            case .text(let text): fields.add("t" + text)
            case .reference(let reference):
                fields.add("r" + reference.store)
                fields.add(reference.ref)
                fields.add(reference.version ?? "")
            }
        }
        self = .secret(fingerprint: String(fields.digest.prefix(12)))
    }

    private static let longest = 200
}

extension ShownValue: Codable {
    private enum CodingKeys: String, CodingKey { case value, secret, awaits }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let fingerprint = try container.decodeIfPresent(String.self, forKey: .secret) {
            self = .secret(fingerprint: fingerprint)
        } else if let identity = try container.decodeIfPresent(ResourceIdentity.self, forKey: .awaits) {
            self = .awaits(identity)
        } else {
            self = .value(try container.decode(JSON.self, forKey: .value))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .value(let value): try container.encode(value, forKey: .value)
        case .secret(let fingerprint): try container.encode(fingerprint, forKey: .secret)
        case .awaits(let identity): try container.encode(identity, forKey: .awaits)
        }
    }
}
