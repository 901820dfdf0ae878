import Planning
import PlatformModel

/// The secrets of one resource while its driver is asked without them: each is a short text of its own that survives whatever a
/// template does to texts, and is found again in what the driver returns.
struct SecretStandIns {
    private var references: [SecretReference] = []
    /// Beside `references`.
    private(set) var texts: [String] = []
    private var numbers: [SecretReference: Int] = [:]
    private let given: [SecretReference: String]

    /// - Parameter texts: what stands for a secret in place of a text of our own.
    init(texts: [SecretReference: String] = [:]) { given = texts }

    /// The document with a stand-in wherever a secret goes.
    mutating func fill(_ resolved: ResolvedDocument) -> JSON {
        var document = resolved.document
        for slot in resolved.slots {
            let parts = slot.parts.map { text(of: $0) }
            document.fill(slot, parts.joined())
        }
        return document
    }

    private mutating func text(of part: SecretPart) -> String {
        switch part {
        case .text(let text): return text
        case .reference(let reference):
            if let number = numbers[reference] { return texts[number] }
            let text = given[reference] ?? "<secret:\(references.count + 1)>"
            numbers[reference] = references.count
            references.append(reference)
            texts.append(text)
            return text
        }
    }

    /// The document with a mask wherever a secret goes.
    static func masked(_ resolved: ResolvedDocument) -> JSON {
        var document = resolved.document
        for slot in resolved.slots {
            let parts = slot.parts.map { part in
                if case .text(let text) = part { text } else { DefinitionTrial.mask }
            }
            document.fill(slot, parts.joined())
        }
        return document
    }

    /// The one secret that a value is, unchanged.
    func reference(_ value: JSON) -> SecretReference? {
        value.string.flatMap(texts.firstIndex(of:)).map { references[$0] }
    }

    /// A value in which our own texts for secrets are named by their references.
    func named(_ value: JSON) -> JSON {
        guard !references.isEmpty else { return value }
        return value.mapTexts { text in
            zip(texts, references).reduce(text) { $0.replacing($1.0, with: StandIn.secret($1.1)) }
        }
    }
}

extension JSON {
    fileprivate mutating func fill(_ slot: SecretSlot, _ text: String) {
        guard let pointer = try? JSONPointer(slot.pointer) else { return }
        _ = set(.string(text), at: pointer)
    }
}
