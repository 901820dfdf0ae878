import PlatformModel

/// Texts among the secrets of a definition that are no secrets themselves.
package enum MadeSecret {
    /// Whether a text is made of placeholders that a definition may use, mostly of secret outputs (`${resources.agent.outputs.url}`): it
    /// is kept as it is written, and filled in when the driver is called. All else is a secret, even where it has a `${` in it.
    package static func isMade(_ text: String) -> Bool {
        guard let placeholders = (try? PlaceholderText(text))?.placeholders, !placeholders.isEmpty else { return false }
        return placeholders.allSatisfy { ["context", "resources", "values"].contains($0.family) }
    }
}
