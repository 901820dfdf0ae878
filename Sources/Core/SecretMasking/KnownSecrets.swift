import PlatformModel

/// Which texts show a secret: the one rule for what is kept or printed in the clear, whoever asks: a driver that refuses its own outputs,
/// the runner before it keeps them, a preview, a definition test (docs/reference/drivers.md, "Secrets in outputs").
///
/// A long secret is found anywhere in a text and in every form in which programs write one; a shorter one, which occurs in any text by
/// chance, only where it is the whole text. What `SecretForms` takes for no secret (under 4 bytes, `true`) is never found.
package struct KnownSecrets: Sendable {
    /// The bytes from which on a secret is found anywhere: one that was given.
    package static let shortestGiven = 6
    /// And one that a driver made: it chooses names, too, and `app` is no secret in `app.example.com`.
    package static let shortestMade = 12
    /// A shorter line of a secret of several lines (`apiVersion: v1`) is no secret by itself.
    private static let shortestLine = 20

    private var given: Found
    private var made = Found()
    private var texts: Set<String>

    /// - Parameter given: what was handed to the driver, and what it had kept before.
    package init(given: some Sequence<String>) {
        texts = Set(given)
        self.given = Found(texts, anywhereFrom: Self.shortestGiven)
    }

    /// With the secret outputs that the driver made of them.
    package func adding(made: some Sequence<String>) -> KnownSecrets {
        var all = self
        let new = Set(made).subtracting(texts)
        guard !new.isEmpty else { return self }
        all.made = Found(new, anywhereFrom: Self.shortestMade)
        all.texts.formUnion(new)
        return all
    }

    /// Whether nothing can be found.
    package var isEmpty: Bool { given.isEmpty && made.isEmpty }

    package func shows(_ text: String) -> Bool { given.shows(text) || made.shows(text) }

    /// Whether some text, number or name in a value shows a secret.
    package func shows(in value: JSON) -> Bool {
        switch value {
        case .string(let text): shows(text)
        case .int, .double: shows(value.canonical)
        case .array(let elements): elements.contains { shows(in: $0) }
        case .object(let members): members.contains { showsInName($0.key) || shows(in: $0.value) }
        case .null, .bool: false
        }
    }

    /// Names are chosen by people, who may well call an output as a short secret reads: only what is found anywhere counts.
    package func showsInName(_ name: String) -> Bool { given.standsIn(name) || made.standsIn(name) }

    /// Where the first one stands, in the order of names: `outputs.url`; nil when nowhere. A name that shows a secret is not spelled out.
    package func place(in value: JSON, _ path: String) -> String? {
        guard shows(in: value) else { return nil }
        switch value {
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let found = place(in: element, "\(path).\(index)") { return found }
            }
        case .object(let members):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                if showsInName(name) { return path }
                if let found = place(in: member, "\(path).\(name)") { return found }
            }
        case .null, .bool, .int, .double, .string: break
        }
        return path
    }

    /// The text with every secret masked, short ones too: for messages, which quote what they are about.
    package func masked(_ text: String) -> String {
        let patterns = given.isEverything || made.isEverything ? nil : try? SecretPatterns(secrets: texts)
        return patterns?.masking(text) ?? "(withheld: too many secrets to mask)"
    }
}

extension KnownSecrets {
    /// Some secrets, and how they are found.
    private struct Found: Sendable {
        /// Nil: more than can be told from other text; everything counts as one.
        private var patterns: SecretPatterns? = SecretPatterns()
        /// The forms of those that count as whole texts only.
        private var wholes: Set<[UInt8]> = []
        private var longestWhole = 0

        init() {}

        init(_ texts: Set<String>, anywhereFrom shortest: Int) {
            let long = texts.filter { $0.utf8.count >= shortest }
            if !long.isEmpty { patterns = try? SecretPatterns(secrets: long, shortestLine: KnownSecrets.shortestLine) }
            wholes = Set(texts.subtracting(long).flatMap { SecretForms.all(of: $0) })
            longestWhole = wholes.lazy.map(\.count).max() ?? 0
        }

        var isEverything: Bool { patterns == nil }

        var isEmpty: Bool { wholes.isEmpty && patterns?.isEmpty == true }

        func standsIn(_ text: String) -> Bool { patterns?.occur(in: text) ?? true }

        func shows(_ text: String) -> Bool { standsIn(text) || isWhole(text) }

        private func isWhole(_ text: String) -> Bool {
            let padding = 2
            guard !wholes.isEmpty, text.utf8.count <= longestWhole + padding else { return false }
            let bytes = Array(text.utf8)
            // The forms of base64 have none.
            let unpadded = bytes.suffix(padding).count { $0 == UInt8(ascii: "=") }
            return wholes.contains(bytes) || wholes.contains(Array(bytes.dropLast(unpadded)))
        }
    }
}
