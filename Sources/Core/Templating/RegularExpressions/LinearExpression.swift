/// A regular expression in Go's syntax (RE2), for texts outside of templates: its time is linear in the text, and bounded.
package struct LinearExpression {
    private let expression: RegularExpression

    /// Nil when the text is no expression.
    package init?(_ text: String) {
        guard let expression = try? RegularExpression(Array(text.utf8)) else { return nil }
        self.expression = expression
    }

    /// Whether it matches somewhere in a text; nil when that takes more than `steps`.
    package func matches(_ text: String, steps: Int) -> Bool? {
        var rest = steps
        return try? expression.matches(Array(text.utf8)) { (count) throws(FunctionFailure) in
            rest -= count
            if rest < 0 { throw FunctionFailure(limit: "a pattern took too many steps") }
        }
    }
}
