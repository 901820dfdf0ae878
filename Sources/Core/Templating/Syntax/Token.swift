/// A piece of a template's text.
struct Token {
    enum Kind {
        case error, bool, character, characterConstant, complex, assign, declare, endOfFile, field, identifier, leftDelimiter
        case leftParenthesis, number, pipe, rawString, rightDelimiter, rightParenthesis, space, string, text, variable
        case block, `break`, `continue`, dot, define, `else`, end, `if`, `nil`, range, template, with
    }

    var kind: Kind
    /// Byte offset of its start.
    var position: Int
    var value: GoString
    /// From 1: where it starts.
    var line: Int

    var text: String { GoText.text(value) }

    /// As Go names it in an error.
    var description: String {
        switch kind {
        case .endOfFile: return "EOF"
        case .error: return text
        case .block, .break, .continue, .dot, .define, .else, .end, .if, .nil, .range, .template, .with: return "<\(text)>"
        default:
            if value.count > 10 { return GoText.text(GoQuote.quote(GoText.bytes(GoText.runes(value).prefix(10)))) + "..." }
            return GoText.text(GoQuote.quote(value))
        }
    }
}
