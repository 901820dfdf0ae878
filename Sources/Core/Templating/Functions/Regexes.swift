// Sprig: regular expressions.
extension FunctionTable {
    mutating func addRegexes() {
        add("regexMatch", [.string, .string]) { call throws(FunctionFailure) in
            // Alone of its family it takes a bad expression for one that does not match.
            let regex: RegularExpression
            do throws(RegexError) {
                regex = try call.state.regex(call.string(0))
            } catch {
                if error.isLimit { throw FunctionFailure(limit: error.message) }
                return .bool(false)
            }
            return .bool(try regex.matches(call.string(1), call.spendThreads))
        }
        add("mustRegexMatch", [.string, .string]) { call throws(FunctionFailure) in
            .bool(try call.regex(named: false).matches(call.string(1), call.spendThreads))
        }
        addRegex("regexFind", [.string, .string]) { regex, call throws(FunctionFailure) in
            .string(try regex.find(call.string(1), call.spendThreads) ?? [])
        }
        addRegex("regexFindAll", [.string, .string, .int]) { regex, call throws(FunctionFailure) in
            let text = call.string(1)
            let ranges = try regex.ranges(text, limit: call.int(2), call.spendThreads)
            if ranges.isEmpty { return .list(GoList(elements: [], element: .string, isNil: true)) }
            return try call.built(.strings(ranges.map { Array(text[$0]) }))
        }
        addRegex("regexSplit", [.string, .string, .int]) { regex, call throws(FunctionFailure) in
            guard let pieces = try regex.split(call.string(1), limit: call.int(2), call.spendThreads) else {
                return .list(GoList(elements: [], element: .string, isNil: true))
            }
            return try call.built(.strings(pieces))
        }
        for (name, isLiteral) in [("regexReplaceAll", false), ("regexReplaceAllLiteral", true)] {
            addRegex(name, [.string, .string, .string]) { regex, call throws(FunctionFailure) in
                let state = call.state
                return .string(
                    try regex.replace(
                        call.string(1), with: call.string(2), isLiteral: isLiteral, call.spendThreads,
                        admit: { (bytes) throws(FunctionFailure) in try state.admit(bytes: bytes) }))
            }
        }
        add("regexQuoteMeta", [.string]) { .string(RegularExpression.quoted($0.string(0))) }
    }

    /// A function and its `must` form: they differ in the words of the error.
    private mutating func addRegex(
        _ name: String, _ parameters: [ParameterType],
        _ body: @escaping @Sendable (RegularExpression, FunctionCall) throws(FunctionFailure) -> TemplateValue
    ) {
        add(name, parameters) { call throws(FunctionFailure) in try body(call.regex(named: true), call) }
        add("must" + name.prefix(1).uppercased() + name.dropFirst(), parameters) { call throws(FunctionFailure) in
            try body(call.regex(named: false), call)
        }
    }
}

extension FunctionCall {
    /// The first argument, compiled.
    /// - Parameter named: the error names the expression, as Go's `MustCompile` does.
    fileprivate func regex(named: Bool) throws(FunctionFailure) -> RegularExpression {
        let text = string(0)
        do throws(RegexError) {
            return try state.regex(text)
        } catch {
            if error.isLimit { throw FunctionFailure(limit: error.message) }
            if !named { throw FunctionFailure(error.message) }
            let quoted = GoQuote.canBackquote(text) ? "`\(GoText.text(text))`" : GoText.text(GoQuote.quote(text))
            throw FunctionFailure("regexp: Compile(\(quoted)): \(error.message)")
        }
    }

    fileprivate func spendThreads(_ threads: Int) throws(FunctionFailure) { try state.spendThreads(threads) }
}
