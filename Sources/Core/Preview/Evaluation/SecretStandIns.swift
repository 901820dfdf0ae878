import Planning
import PlatformModel

/// The secrets of one resource while its driver is asked without them: each is a short text of its own that survives whatever a
/// template does to texts, and is found again in what the driver returns.
struct SecretStandIns {
    private var references: [SecretReference] = []
    /// Beside `references`.
    private var texts: [String] = []
    private var numbers: [SecretReference: Int] = [:]
    private let given: [SecretReference: String]

    /// Shorter ones occur in any text by chance: they count only where they are the whole value.
    private static let shortest = 6

    /// - Parameter texts: what stands for a secret in place of a text of our own.
    init(texts: [SecretReference: String] = [:]) { given = texts }

    var isEmpty: Bool { references.isEmpty }

    /// The document with a stand-in wherever a secret goes.
    mutating func fill(_ resolved: ResolvedDocument) -> JSON {
        var document = resolved.document
        for slot in resolved.slots {
            guard let pointer = try? JSONPointer(slot.pointer) else { continue }
            _ = document.set(.string(slot.parts.map { text(of: $0) }.joined()), at: pointer)
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

    /// The one secret that a value is, unchanged.
    func reference(_ value: JSON) -> SecretReference? {
        value.string.flatMap(texts.firstIndex(of:)).map { references[$0] }
    }

    /// Whether some secret is in a value.
    func shows(in value: JSON) -> Bool {
        guard !references.isEmpty else { return false }
        return value.hasText { text in
            texts.contains { $0.utf8.count >= Self.shortest ? text.holds($0) : text == $0 }
        }
    }

    /// A value in which secrets are named by their references.
    func named(_ value: JSON) -> JSON { replaced(value) { StandIn.secret(references[$0]) } }

    /// A value in which no secret can be read.
    func masked(_ value: JSON) -> JSON { replaced(value) { _ in DefinitionTrial.mask } }

    private func replaced(_ value: JSON, _ word: (Int) -> String) -> JSON {
        guard !references.isEmpty else { return value }
        return value.mapTexts { whole in
            var text = whole
            for (number, own) in texts.enumerated() where !own.isEmpty {
                if own.utf8.count >= Self.shortest {
                    text = text.replacing(own, with: word(number))
                } else if text == own {
                    text = word(number)
                }
            }
            return text
        }
    }
}
