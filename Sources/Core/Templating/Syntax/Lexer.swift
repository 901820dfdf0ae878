/// Cuts a template's text into tokens, by Go's rules. The last token is `endOfFile` or `error`.
struct Lexer {
    private let input: GoString
    private var position = 0
    private var start = 0
    private var line = 1
    private var startLine = 1
    private var parenthesisDepth = 0
    private(set) var tokens: [Token] = []
    private var failed = false

    private static let keywords: [String: Token.Kind] = [
        "block": .block, "break": .break, "continue": .continue, "define": .define, "else": .else, "end": .end, "if": .if,
        "range": .range, "nil": .nil, "template": .template, "with": .with,
    ]

    /// More than any template that people write; a text of a megabyte would take a hundred times its size.
    static let tokenLimit = 200_000

    static func tokens(of text: GoString) -> [Token] {
        var lexer = Lexer(input: text)
        lexer.run()
        return lexer.tokens
    }

    private init(input: GoString) { self.input = input }

    private mutating func run() {
        while !failed {
            guard let open = GoText.index(of: "{{".utf8, in: input, from: position) else {
                position = input.count
                emitText(trimRight: false)
                emit(.endOfFile)
                return
            }
            position = open
            let trims = hasLeftTrimMarker(at: open + 2)
            emitText(trimRight: trims)
            leftDelimiter(trims: trims)
        }
    }

    private mutating func emitText(trimRight: Bool) {
        let end = position
        if trimRight {
            while position > start, Self.isSpace(input[position - 1]) { position -= 1 }
        }
        if position > start { emit(.text) }
        position = end
        ignore()
    }

    private mutating func leftDelimiter(trims: Bool) {
        position += 2
        let afterMarker = trims ? 2 : 0
        if starts("/*", at: position + afterMarker) {
            position += afterMarker
            ignore()
            comment()
            return
        }
        emit(.leftDelimiter)
        position += afterMarker
        ignore()
        parenthesisDepth = 0
        while !failed {
            if let trim = rightDelimiter() {
                if parenthesisDepth > 0 { return fail("unclosed left paren") }
                return closeAction(trim: trim)
            }
            insideAction()
        }
    }

    private mutating func comment() {
        position += 2
        guard let end = GoText.index(of: "*/".utf8, in: input, from: position) else { return fail("unclosed comment") }
        position = end + 2
        guard let trim = rightDelimiter() else { return fail("comment ends before closing delimiter") }
        position += trim ? 4 : 2
        if trim { skipSpace() }
        ignore()
    }

    private mutating func closeAction(trim: Bool) {
        if trim {
            position += 2
            ignore()
        }
        position += 2
        emit(.rightDelimiter)
        if trim {
            skipSpace()
            ignore()
        }
    }

    private mutating func insideAction() {
        guard let scalar = next() else { return fail("unclosed action") }
        switch scalar {
        case " ", "\t", "\r", "\n": space()
        case "=": emit(.assign)
        case ":":
            if next() != "=" { return fail("expected :=") }
            emit(.declare)
        case "|": emit(.pipe)
        case "\"": quoted(by: "\"", kind: .string, name: "quoted string")
        case "'": quoted(by: "'", kind: .characterConstant, name: "character constant")
        case "`": rawQuoted()
        case "$": isAtTerminator ? emit(.variable) : fieldOrVariable(.variable)
        case "." where position < input.count && !(0x30...0x39).contains(input[position]): fieldOrVariable(.field)
        case ".", "+", "-", "0"..."9":
            position = start
            number()
        case "(":
            parenthesisDepth += 1
            emit(.leftParenthesis)
        case ")":
            parenthesisDepth -= 1
            if parenthesisDepth < 0 { return fail("unexpected right paren") }
            emit(.rightParenthesis)
        case _ where Self.isAlphanumeric(scalar): identifier()
        case _ where scalar.isASCII && GoQuote.isPrintable(scalar): emit(.character)
        default: fail("unrecognized character in action: \(Self.unicodeName(scalar))")
        }
    }

    private mutating func space() {
        while position < input.count, Self.isSpace(input[position]) {
            // A minus after this space may belong to the closing delimiter.
            position += 1
        }
        if starts("-}}", at: position) {
            position -= 1
            if position == start { return }
        }
        emit(.space)
    }

    private mutating func identifier() {
        skipAlphanumeric()
        let word = GoText.text(input[start..<position])
        guard isAtTerminator else { return fail("bad character \(nextName)") }
        if let keyword = Self.keywords[word] {
            emit(keyword)
        } else {
            emit(word == "true" || word == "false" ? .bool : .identifier)
        }
    }

    private mutating func fieldOrVariable(_ kind: Token.Kind) {
        if isAtTerminator { return emit(kind == .variable ? .variable : .dot) }
        skipAlphanumeric()
        guard isAtTerminator else { return fail("bad character \(nextName)") }
        emit(kind)
    }

    private mutating func number() {
        guard scanNumber() else { return failNumber() }
        if position < input.count, input[position] == UInt8(ascii: "+") || input[position] == UInt8(ascii: "-") {
            guard scanNumber(), input[position - 1] == UInt8(ascii: "i") else { return failNumber() }
            return emit(.complex)
        }
        emit(.number)
    }

    private mutating func failNumber() {
        fail("bad number syntax: " + GoText.text(GoQuote.quote(Array(input[start..<position]))))
    }

    private mutating func scanNumber() -> Bool {
        accept("+-")
        var digits = "0123456789_"
        if accept("0") {
            if accept("xX") {
                digits = "0123456789abcdefABCDEF_"
            } else if accept("oO") {
                digits = "01234567_"
            } else if accept("bB") {
                digits = "01_"
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if digits.utf8.count == 11, accept("eE") {
            accept("+-")
            while accept("0123456789_") {}
        }
        if digits.utf8.count == 23, accept("pP") {
            accept("+-")
            while accept("0123456789_") {}
        }
        accept("i")
        if let (scalar, width) = peek, Self.isAlphanumeric(scalar) {
            position += width
            return false
        }
        return true
    }

    private mutating func quoted(by quote: Unicode.Scalar, kind: Token.Kind, name: String) {
        while let scalar = next(), scalar != "\n" {
            if scalar == quote { return emit(kind) }
            if scalar == "\\" {
                guard let escaped = next(), escaped != "\n" else { break }
            }
        }
        fail("unterminated \(name)")
    }

    private mutating func rawQuoted() {
        while let scalar = next() {
            if scalar == "`" { return emit(.rawString) }
        }
        fail("unterminated raw quoted string")
    }
}

// The small steps.
extension Lexer {
    private mutating func emit(_ kind: Token.Kind) {
        tokens.append(Token(kind: kind, position: start, value: Array(input[start..<position]), line: startLine))
        if tokens.count > Self.tokenLimit { failed = true }
        ignore()
    }

    /// Drops what was read, and counts its lines.
    private mutating func ignore() {
        line += input[start..<position].count { $0 == UInt8(ascii: "\n") }
        start = position
        startLine = line
    }

    private mutating func fail(_ message: String) {
        tokens.append(Token(kind: .error, position: start, value: Array(message.utf8), line: startLine))
        failed = true
    }

    private mutating func skipSpace() {
        while position < input.count, Self.isSpace(input[position]) { position += 1 }
    }

    private mutating func skipAlphanumeric() {
        while let (scalar, width) = peek, Self.isAlphanumeric(scalar) { position += width }
    }

    private var peek: (Unicode.Scalar, Int)? {
        guard position < input.count else { return nil }
        return GoText.decode(input, at: position) ?? ("\u{FFFD}", 1)
    }

    private mutating func next() -> Unicode.Scalar? {
        guard let (scalar, width) = peek else { return nil }
        position += width
        return scalar
    }

    @discardableResult
    private mutating func accept(_ valid: String) -> Bool {
        guard position < input.count, valid.utf8.contains(input[position]) else { return false }
        position += 1
        return true
    }

    private func starts(_ text: String, at offset: Int) -> Bool {
        offset <= input.count && input[offset...].starts(with: text.utf8)
    }

    private func hasLeftTrimMarker(at offset: Int) -> Bool {
        offset + 1 < input.count && input[offset] == UInt8(ascii: "-") && Self.isSpace(input[offset + 1])
    }

    /// Whether an action ends here, and if so, whether it trims the text after it.
    private func rightDelimiter() -> Bool? {
        if position + 1 < input.count, Self.isSpace(input[position]), starts("-}}", at: position + 1) { return true }
        return starts("}}", at: position) ? false : nil
    }

    private var isAtTerminator: Bool {
        guard let (scalar, _) = peek else { return true }
        switch scalar {
        case " ", "\t", "\r", "\n", ".", ",", "|", ":", ")", "(": return true
        default: return starts("}}", at: position)
        }
    }

    private var nextName: String { peek.map { Self.unicodeName($0.0) } ?? "EOF" }

    private static func unicodeName(_ scalar: Unicode.Scalar) -> String {
        let hex = String(scalar.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(4 - hex.count, 0)) + hex
        return GoQuote.isPrintable(scalar) ? "\(code) '\(scalar)'" : code
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
    }

    static func isAlphanumeric(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || GoText.isLetter(scalar) || GoText.isDigit(scalar)
    }
}
