import PlatformModel

/// A parsed Go `text/template` with the Sprig functions.
package struct Template: Sendable {
    package let name: String
    let text: GoString
    /// The template itself and what it defines, by name.
    let trees: [String: [Node]]

    /// The functions that the template and what it defines call.
    package let functions: Set<String>

    /// Whether some function draws from the environment's bytes.
    package let usesRandomness: Bool

    private static let randomFunctions = [
        "randAlphaNum", "randAlpha", "randNumeric", "randAscii", "randBytes", "randInt", "uuidv4", "shuffle", "bcrypt",
        "htpasswd", "encryptAES", "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
        "genSignedCert", "genSignedCertWithKey",
    ]

    /// Parses a template's text.
    /// - Parameter name: what errors call it.
    /// - Throws: `TPL-001` with the line, and the column where it is known.
    package static func parse(_ text: String, name: String) throws(TemplateError) -> Template {
        let text = Array(text.utf8)
        var parser = try Parser(text: text, name: name)
        let trees = try parser.parse()
        return Template(
            name: name, text: text, trees: trees, functions: parser.functions,
            usesRandomness: randomFunctions.contains(where: parser.functions.contains))
    }

    /// Evaluates the template over `data`, whose numbers count as `float64`.
    /// - Throws: `TPL-002` with line and column of the command that failed, `TPL-003` past a bound.
    package func render(_ data: JSON, environment: TemplateEnvironment) throws(TemplateError) -> String {
        let state = RenderState(environment: environment)
        var evaluator = Evaluator(template: self, name: name, state: state, root: TemplateValue(data))
        try evaluator.run()
        guard let text = String(validating: state.output, as: UTF8.self) else {
            throw TemplateError(
                code: "TPL-002", message: "template: \(name): the result is not UTF-8 text; a cut may have split a letter",
                name: name, line: 1, column: nil)
        }
        return text
    }
}
