import Templating

/// Templates that were read before: many resources of one definition have the same.
package struct TemplateCache: Sendable {
    /// Beyond this, texts differ from resource to resource, and to keep them would only cost memory.
    private static let most = 1000

    private var known: [String: [String: Template]] = [:]
    private var count = 0

    package init() {}

    mutating func template(_ text: String, name: String) throws(TemplateError) -> Template {
        if let template = known[name]?[text] { return template }
        let template = try Template.parse(text, name: name)
        if count < Self.most {
            known[name, default: [:]][text] = template
            count += 1
        }
        return template
    }
}
