import PlatformModel

/// A document whose placeholders are replaced. Where a value is secret the document holds null, and a slot says what goes there.
package struct ResolvedDocument: Sendable, Hashable, Codable {
    package var document: JSON
    package var slots: [SecretSlot]

    package init(_ document: JSON, slots: [SecretSlot] = []) {
        self.document = document
        self.slots = slots
    }

    /// A value that is one secret.
    package init(secret reference: SecretReference) {
        self.init(.null, slots: [SecretSlot(pointer: "", parts: [.reference(reference)])])
    }

    /// The parts, when the whole of it is one secret text.
    package var secretParts: [SecretPart]? {
        guard slots.count == 1, let slot = slots.first, slot.pointer.isEmpty else { return nil }
        return slot.parts
    }
}

/// Where the values of placeholders come from.
package protocol PlaceholderScope {
    func value(of placeholder: Placeholder) throws(LookupFailure) -> ResolvedDocument
}

/// Why a placeholder has no value.
package struct LookupFailure: Error, Sendable, Hashable {
    package let code: String
    package let reason: String
    /// The nearest name that would have one.
    package let suggestion: String?

    package init(_ code: String, _ reason: String, suggestion: String? = nil) {
        self.code = code
        self.reason = reason
        self.suggestion = suggestion
    }
}
