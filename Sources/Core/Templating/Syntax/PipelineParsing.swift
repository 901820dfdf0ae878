import PlatformModel

// Pipelines.
extension Parser {
    mutating func pipeline(_ context: String, end: Token.Kind) throws(TemplateError) -> Pipeline {
        nesting += 1
        defer { nesting -= 1 }
        if nesting > Self.nestingLimit { throw failure("max expression depth exceeded", code: "TPL-003") }
        var pipeline = Pipeline(position: peekNonSpace().position)
        try declarations(&pipeline, context)
        while true {
            let token = nextNonSpace()
            switch token.kind {
            case end:
                try check(pipeline, context)
                return pipeline
            case .bool, .characterConstant, .complex, .dot, .field, .identifier, .number, .nil, .rawString, .string, .variable,
                .leftParenthesis:
                index -= 1
                pipeline.commands.append(try command())
            default:
                throw unexpected(token, context)
            }
        }
    }

    private mutating func declarations(_ pipeline: inout Pipeline, _ context: String) throws(TemplateError) {
        while peekNonSpace().kind == .variable {
            let mark = index
            let variable = nextNonSpace()
            let after = peekNonSpace()
            if after.kind == .assign || after.kind == .declare {
                pipeline.isAssignment = after.kind == .assign
                _ = nextNonSpace()
                pipeline.variables.append(variable.text)
                variables.append(variable.text)
                return
            }
            guard after.kind == .character, after.text == "," else {
                index = mark
                return
            }
            _ = nextNonSpace()
            pipeline.variables.append(variable.text)
            variables.append(variable.text)
            guard context == "range", pipeline.variables.count < 2 else { throw failure("too many declarations in \(context)") }
            switch peekNonSpace().kind {
            case .variable, .rightDelimiter, .rightParenthesis: continue
            default: throw failure("range can only initialize variables")
            }
        }
    }

    private func check(_ pipeline: Pipeline, _ context: String) throws(TemplateError) {
        if pipeline.commands.isEmpty { throw failure("missing value for \(context)") }
        for (stage, command) in pipeline.commands.enumerated().dropFirst() {
            switch command.operands.first {
            case .bool, .dot, .nil, .number, .string: throw failure("non executable command in pipeline stage \(stage + 1)")
            default: break
            }
        }
    }

    private mutating func command() throws(TemplateError) -> Command {
        var command = Command(position: peekNonSpace().position)
        while true {
            _ = peekNonSpace()
            if let operand = try operand() { command.operands.append(operand) }
            let token = next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: index -= 1
            case .pipe: break
            default: throw unexpected(token, "operand")
            }
            break
        }
        if command.operands.isEmpty { throw failure("empty command") }
        return command
    }

    private mutating func operand() throws(TemplateError) -> Operand? {
        guard let term = try term() else { return nil }
        guard peek().kind == .field else { return term }
        let position = peek().position
        var names: [String] = []
        while peek().kind == .field { names.append(String(next().text.dropFirst())) }
        switch term {
        case .field(_, let first): return .field(position: position, first + names)
        case .variable(_, let first): return .variable(position: position, first + names)
        case .bool, .string, .number, .nil, .dot:
            throw failure("unexpected . after term \(GoText.text(GoQuote.quote(Array(term.text.utf8))))")
        default: return .chain(position: position, term, names)
        }
    }

    private mutating func term() throws(TemplateError) -> Operand? {
        let token = nextNonSpace()
        switch token.kind {
        case .identifier:
            guard FunctionTable.standard.functions[token.text] != nil else { throw unknownFunction(token) }
            functions.insert(token.text)
            return .identifier(position: token.position, token.text)
        case .dot: return .dot(position: token.position)
        case .nil: return .nil(position: token.position)
        case .variable:
            guard variables.contains(token.text) else {
                throw failure(
                    "undefined variable \(GoText.text(GoQuote.quote(token.value)))", at: token,
                    suggestion: nearestName(to: token.text, among: variables.names))
            }
            return .variable(position: token.position, [token.text])
        case .field: return .field(position: token.position, [String(token.text.dropFirst())])
        case .bool: return .bool(position: token.position, token.text == "true")
        case .characterConstant, .complex, .number:
            if token.kind == .characterConstant, let mistake = Unquote.mistake(inCharacter: token.value) {
                throw failure(mistake)
            }
            guard let number = NumberLiteral(token.text, isCharacter: token.kind == .characterConstant) else {
                let fault = NumberLiteral.overflows(token.text) ? "integer overflow" : "illegal number syntax"
                throw failure("\(fault): \(GoText.text(GoQuote.quote(token.value)))", at: token)
            }
            return .number(position: token.position, number)
        case .leftParenthesis: return .pipeline(try pipeline("parenthesized pipeline", end: .rightParenthesis))
        case .string, .rawString:
            guard let text = Unquote.string(token.value) else { throw failure("invalid syntax", at: token) }
            return .string(position: token.position, quoted: token.text, text)
        default:
            index -= 1
            return nil
        }
    }
}
