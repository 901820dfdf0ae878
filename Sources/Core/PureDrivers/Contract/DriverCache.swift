import SecretMasking
import Templating

/// What was read before, for many resources in a row: those of one definition have the same templates, and in a preview the same
/// stand-ins for secrets.
package struct DriverCache: Sendable {
    /// Beyond this, texts differ from resource to resource, and to keep them would only cost memory.
    private static let mostTemplates = 1000, mostSecrets = 100, mostSecretBytes = 1000

    private var templates: [String: [String: Template]] = [:]
    private var count = 0
    private var secrets: [Set<String>: KnownSecrets] = [:]

    package init() {}

    mutating func template(_ text: String, name: String) throws(TemplateError) -> Template {
        if let template = templates[name]?[text] { return template }
        let template = try Template.parse(text, name: name)
        if count < Self.mostTemplates {
            templates[name, default: [:]][text] = template
            count += 1
        }
        return template
    }

    package mutating func secrets(given: [String]) -> KnownSecrets {
        let texts = Set(given)
        if let known = secrets[texts] { return known }
        let known = KnownSecrets(given: texts)
        if secrets.count < Self.mostSecrets, texts.reduce(0, { $0 + $1.utf8.count }) <= Self.mostSecretBytes {
            secrets[texts] = known
        }
        return known
    }
}
