import PlatformModel

/// A document whose secret places were filled in: plaintext, which lives for one action.
struct FilledDocument {
    var document: JSON
    /// Every secret text in it, for masking what is printed.
    var secrets: [String]
}

/// Puts resolved secrets into the places that a document keeps for them.
struct SecretSlotFilling {
    /// By reference.
    let values: [SecretReference: JSON]

    /// - Throws: `RUN-002` for a slot that points nowhere or names a reference without a value. The error holds no secret.
    func fill(_ document: JSON, _ slots: [SecretSlot]) throws(ErrorBody) -> FilledDocument {
        var filled = FilledDocument(document: document, secrets: [])
        for slot in slots {
            let value = try value(of: slot)
            filled.secrets += JSON.texts(in: value)
            guard let pointer = try? JSONPointer(slot.pointer), filled.document.set(value, at: pointer) else {
                throw ErrorBody(error: "RUN-002", message: "the inputs have no place for a secret at \(slot.pointer)")
            }
        }
        filled.secrets += values.values.flatMap { JSON.texts(in: $0) }
        return filled
    }

    private func value(of slot: SecretSlot) throws(ErrorBody) -> JSON {
        var text = ""
        for part in slot.parts {
            switch part {
            case .text(let piece): text += piece
            case .reference(let reference):
                guard let value = values[reference] else {
                    throw ErrorBody(error: "RUN-002", message: "the broker gave no value for \(reference)")
                }
                if slot.parts.count == 1 { return value }
                text += value.string ?? value.canonical
            }
        }
        return .string(text)
    }
}
