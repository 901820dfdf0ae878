/// Where a secret is kept; never what it is (contract: secret_refs leaves).
package struct SecretReference: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `built-in`, or the id of an outside store.
    package var store: String
    /// The path in that store.
    package var ref: String
    /// Absent means the newest.
    package var version: String?

    package init(store: String = "built-in", ref: String, version: String? = nil) {
        self.store = store
        self.ref = ref
        self.version = version
    }

    package var description: String { "\(store):\(ref)\(version.map { "@\($0)" } ?? "")" }
}

/// A place in a JSON document whose value is secret. The document itself holds null there, so that a secret can never be
/// mistaken for a value, nor a value for a secret.
package struct SecretSlot: Sendable, Hashable, Codable {
    /// Where: a JSON pointer (RFC 6901) into the document.
    package var pointer: String
    /// The text, in order; a single `.reference` part takes the secret's own type.
    package var parts: [SecretPart]

    package init(pointer: String, parts: [SecretPart]) {
        self.pointer = pointer
        self.parts = parts
    }
}

/// A piece of a secret text.
package enum SecretPart: Sendable, Hashable, Codable {
    case text(String)
    case reference(SecretReference)
}

extension [SecretSlot] {
    /// Every reference, once.
    package var references: [SecretReference] {
        var seen: Set<SecretReference> = []
        return flatMap(\.parts).compactMap { part in
            guard case .reference(let reference) = part, seen.insert(reference).inserted else { return nil }
            return reference
        }
    }
}
