/// An error as every room and the public API answer it (contract: HumanitecErrorResponse).
package struct ErrorBody: Error, Sendable, Hashable, Codable {
    /// Stable: a code such as `RUN-002`, or a word such as `not_found`. Each has a heading under docs/errors.
    package var error: String
    /// Which thing, what is wrong with it, what to do. Never a secret.
    package var message: String
    package var details: JSON?

    package init(error: String, message: String, details: JSON? = nil) {
        self.error = error
        self.message = message
        self.details = details
    }
}

/// One thing wrong with something that a person wrote. All problems are reported at once.
package struct Problem: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Stable, such as `SCORE-102`.
    package var code: String
    package var file: String?
    /// From 1; nil where the thing has no text.
    package var line: Int?
    package var column: Int?
    /// Where in the document: `containers.web.imagee`.
    package var path: String
    package var message: String
    /// The nearest valid name or value.
    package var suggestion: String?

    package init(
        code: String, file: String? = nil, line: Int? = nil, column: Int? = nil, path: String, message: String,
        suggestion: String? = nil
    ) {
        self.code = code
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }

    /// `score.yaml:7:5: SCORE-102 containers.web.imagee: unknown key; did you mean 'image'?`
    package var description: String {
        var text = ""
        if let file { text += file + ":" }
        if let line { text += "\(line):" + (column.map { "\($0):" } ?? "") }
        if !text.isEmpty { text += " " }
        text += "\(code) \(path.isEmpty ? "the document" : path): \(message)"
        if let suggestion { text += "; did you mean '\(suggestion)'?" }
        return text
    }
}
