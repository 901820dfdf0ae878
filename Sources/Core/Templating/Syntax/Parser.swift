import PlatformModel

/// Builds the tree of a template from its tokens, by Go's grammar.
struct Parser {
    private let name: String
    private let text: GoString
    private let tokens: [Token]
    var index = 0
    /// The furthest token that was looked at: Go's errors carry its line.
    private var furthest = 0
    var variables = VariableScope()
    private var rangeDepth = 0
    var nesting = 0
    private var actionLine: Int?
    private var trees: [String: [Node]] = [:]
    /// The functions that are called anywhere.
    var functions: Set<String> = []

    /// Deeper nesting than people write, and shallow enough for any thread's stack.
    static let nestingLimit = 100

    init(text: GoString, name: String) throws(TemplateError) {
        self.name = name
        self.text = text
        tokens = Lexer.tokens(of: text)
        if tokens.count > Lexer.tokenLimit {
            throw failure("the template has more than \(Lexer.tokenLimit) words and signs", code: "TPL-003")
        }
    }

    /// The main template and all that it defines.
    mutating func parse() throws(TemplateError) -> [String: [Node]] {
        var root: [Node] = []
        while peek().kind != .endOfFile {
            if peek().kind == .leftDelimiter {
                let mark = index
                _ = next()
                if nextNonSpace().kind == .define {
                    try parseDefinition()
                    continue
                }
                index = mark
            }
            switch try textOrAction() {
            case .node(let node): root.append(node)
            case .end(let token): throw failure("unexpected \(Self.closing(token))")
            }
        }
        try add(root, as: name)
        return trees
    }

    /// What `textOrAction` found.
    private enum Item {
        case node(Node)
        /// `{{end}}` or `{{else}}`.
        case end(Token)
    }

    private static func closing(_ token: Token) -> String { token.kind == .end ? "{{end}}" : "{{else}}" }

    private mutating func parseDefinition() throws(TemplateError) {
        let context = "define clause"
        let token = nextNonSpace()
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
        let defined = try templateName(token, context)
        try expect(.rightDelimiter, context)
        let saved = (variables, rangeDepth)
        (variables, rangeDepth) = (VariableScope(), 0)
        let (list, end) = try itemList()
        if end.kind != .end { throw failure("unexpected \(Self.closing(end)) in \(context)") }
        (variables, rangeDepth) = saved
        try add(list, as: defined)
    }

    /// A later definition replaces an empty one; two that are not empty are a mistake.
    private mutating func add(_ list: [Node], as defined: String) throws(TemplateError) {
        if let present = trees[defined], !Self.isEmpty(present) {
            if !Self.isEmpty(list) {
                throw failure("template: multiple definition of template \(GoText.text(GoQuote.quote(Array(defined.utf8))))")
            }
            return
        }
        trees[defined] = list
    }

    private static func isEmpty(_ list: [Node]) -> Bool {
        list.allSatisfy { node in
            if case .text(let text) = node { return GoText.trimSpace(text).isEmpty }
            return false
        }
    }

    private mutating func itemList() throws(TemplateError) -> ([Node], Token) {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > Self.nestingLimit { throw failure("blocks nest deeper than \(Self.nestingLimit)", code: "TPL-003") }
        var list: [Node] = []
        while peekNonSpace().kind != .endOfFile {
            switch try textOrAction() {
            case .node(let node): list.append(node)
            case .end(let token): return (list, token)
            }
        }
        throw failure("unexpected EOF")
    }

    private mutating func textOrAction() throws(TemplateError) -> Item {
        let token = nextNonSpace()
        switch token.kind {
        case .text: return .node(.text(token.value))
        case .leftDelimiter:
            actionLine = token.line
            defer { actionLine = nil }
            return try action()
        default: throw unexpected(token, "input")
        }
    }

    private mutating func action() throws(TemplateError) -> Item {
        let token = nextNonSpace()
        switch token.kind {
        case .block: return .node(try block())
        case .break, .continue:
            let word = token.kind == .break ? "break" : "continue"
            let close = nextNonSpace()
            if close.kind != .rightDelimiter { throw unexpected(close, "{{\(word)}}") }
            if rangeDepth == 0 { throw failure("{{\(word)}} outside {{range}}") }
            return .node(token.kind == .break ? .break(position: token.position) : .continue(position: token.position))
        case .else:
            let after = peekNonSpace()
            if after.kind == .if || after.kind == .with { return .end(token) }
            try expect(.rightDelimiter, "else")
            return .end(token)
        case .end:
            try expect(.rightDelimiter, "end")
            return .end(token)
        case .if: return .node(.if(try control("if")))
        case .range: return .node(.range(try control("range")))
        case .with: return .node(.with(try control("with")))
        case .template: return .node(try template())
        default:
            index -= 1
            let pipeline = try pipeline("command", end: .rightDelimiter)
            return .node(.action(position: token.position, pipeline))
        }
    }

    private mutating func control(_ context: String) throws(TemplateError) -> Branch {
        let outer = variables.count
        defer { variables.cut(to: outer) }
        let pipeline = try pipeline(context, end: .rightDelimiter)
        if context == "range" { rangeDepth += 1 }
        var (list, next) = try itemList()
        if context == "range" { rangeDepth -= 1 }
        var elseList: [Node]?
        if next.kind == .else {
            if context == "if", peekNonSpace().kind == .if {
                _ = nextNonSpace()
                elseList = [.if(try nested(context))]
            } else if context == "with", peekNonSpace().kind == .with {
                _ = nextNonSpace()
                elseList = [.with(try nested(context))]
            } else {
                let list: [Node]
                (list, next) = try itemList()
                if next.kind != .end { throw failure("expected end; found \(Self.closing(next))") }
                elseList = list
            }
        }
        return Branch(position: pipeline.position, pipeline: pipeline, list: list, elseList: elseList)
    }

    /// `else if` chains are nested blocks.
    private mutating func nested(_ context: String) throws(TemplateError) -> Branch {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > Self.nestingLimit { throw failure("blocks nest deeper than \(Self.nestingLimit)", code: "TPL-003") }
        return try control(context)
    }

    private mutating func block() throws(TemplateError) -> Node {
        let context = "block clause"
        let token = nextNonSpace()
        let defined = try templateName(token, context)
        let pipeline = try pipeline(context, end: .rightDelimiter)
        let saved = (variables, rangeDepth), header = tokens[furthest]
        (variables, rangeDepth) = (VariableScope(), 0)
        let (list, end) = try itemList()
        // Go parses the body apart, and knows only the header's line when it comes back.
        if end.kind != .end { throw failure("unexpected \(Self.closing(end)) in \(context)", line: header.line) }
        (variables, rangeDepth) = saved
        try add(list, as: defined)
        return .template(position: token.position, name: defined, pipeline)
    }

    private mutating func template() throws(TemplateError) -> Node {
        let context = "template clause"
        let token = nextNonSpace()
        let called = try templateName(token, context)
        var pipe: Pipeline?
        if nextNonSpace().kind != .rightDelimiter {
            index -= 1
            pipe = try pipeline(context, end: .rightDelimiter)
        }
        return .template(position: token.position, name: called, pipe)
    }

    private mutating func templateName(_ token: Token, _ context: String) throws(TemplateError) -> String {
        guard token.kind == .string || token.kind == .rawString else { throw unexpected(token, context) }
        guard let text = Unquote.string(token.value) else { throw failure("invalid syntax") }
        return GoText.text(text)
    }
}

// Tokens and errors.
extension Parser {
    mutating func peek() -> Token {
        furthest = max(furthest, min(index, tokens.count - 1))
        return tokens[min(index, tokens.count - 1)]
    }

    mutating func next() -> Token {
        let token = peek()
        index += 1
        return token
    }

    mutating func nextNonSpace() -> Token {
        var token = next()
        while token.kind == .space { token = next() }
        return token
    }

    /// Skips the space too, as Go does.
    mutating func peekNonSpace() -> Token {
        while peek().kind == .space { index += 1 }
        return peek()
    }

    private mutating func expect(_ kind: Token.Kind, _ context: String) throws(TemplateError) {
        let token = nextNonSpace()
        if token.kind != kind { throw unexpected(token, context) }
    }

    func unexpected(_ token: Token, _ context: String) -> TemplateError {
        guard token.kind == .error else { return failure("unexpected \(token.description) in \(context)", at: token) }
        var extra = ""
        if let actionLine, actionLine != token.line {
            extra = (token.text.hasSuffix(" action") ? "" : " in action") + " started at \(name):\(actionLine)"
        }
        return failure(token.text + extra, at: token)
    }

    func unknownFunction(_ token: Token) -> TemplateError {
        let quoted = GoText.text(GoQuote.quote(token.value))
        if let reason = FunctionTable.refused[token.text] {
            return failure("function \(quoted) is refused: \(reason)", at: token)
        }
        return failure(
            "function \(quoted) not defined", at: token,
            suggestion: nearestName(to: token.text, among: FunctionTable.standard.functions.keys.sorted()))
    }

    func failure(
        _ message: String, at token: Token? = nil, line: Int? = nil, code: String = "TPL-001", suggestion: String? = nil
    ) -> TemplateError {
        let line = line ?? tokens[furthest].line
        let place = token ?? tokens[furthest]
        let column = TextPosition(offset: place.position, in: text).column
        return TemplateError(
            code: code, message: "template: \(name):\(line): \(message)", name: name, line: place.line, column: column + 1,
            suggestion: suggestion)
    }
}
