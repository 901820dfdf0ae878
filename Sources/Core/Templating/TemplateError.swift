/// What is wrong with a template, or with what it was given.
package struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// `TPL-001` the text is not a template, `TPL-002` a step failed, `TPL-003` a bound is exceeded.
    package let code: String
    /// Go's words, with name, line and column: `template: outputs:2:5: executing "outputs" at <.x>: ...`.
    package let message: String
    /// The template's name, as it was given to `parse`.
    package let name: String
    /// From 1.
    package let line: Int
    /// From 1, in bytes; nil where only the line is known.
    package let column: Int?
    /// The nearest known name, where a name was wrong.
    package let suggestion: String?

    package init(code: String, message: String, name: String, line: Int, column: Int?, suggestion: String? = nil) {
        self.code = code
        self.message = message
        self.name = name
        self.line = line
        self.column = column
        self.suggestion = suggestion
    }

    package var description: String { message + (suggestion.map { "; did you mean '\($0)'?" } ?? "") }
}
