// The functions of Go's text/template itself.
extension FunctionTable {
    mutating func addBuiltins() {
        // `and` and `or` are evaluated where they are called, because they skip arguments.
        add("and", [.value], variadic: .value) { $0[0] }
        add("or", [.value], variadic: .value) { $0[0] }
        add("not", [.value]) { .bool(!$0[0].isTrue) }
        add("len", [.value]) { call throws(FunctionFailure) in
            switch call[0] {
            case .string(let text): return .int(text.count)
            case .list(let list): return .int(list.elements.count)
            case .dict(let map): return .int(map.members.count)
            case .missing: throw FunctionFailure("reflect: call of reflect.Value.Type on zero Value")
            case .null: throw FunctionFailure("len of nil pointer")
            default: throw FunctionFailure("len of type \(call[0].typeName)")
            }
        }
        add("index", [.value], variadic: .value) { call throws(FunctionFailure) in try Self.index(call) }
        add("print", variadic: .any) { .string(GoPrinter.sprint($0.arguments)) }
        add("println", variadic: .any) { .string(GoPrinter.sprintln($0.arguments)) }
        add("printf", [.string], variadic: .any) { call throws(FunctionFailure) in
            // A width may be long while the format is short: at most a million a directive.
            let directives = call.string(0).count { $0 == UInt8(ascii: "%") }
            if directives > 1000 { throw FunctionFailure(limit: "a format has more than 1000 directives") }
            // A width counts for each member of a list.
            let widest = GoFormatter.widestField(call.string(0), call.arguments)
            let values = call.arguments.dropFirst().reduce(directives) { $0 + Self.leaves($1) }
            let (bytes, overflow) = values.multipliedReportingOverflow(by: widest)
            if widest > 1000 { try call.state.admit(bytes: overflow ? Int.max : bytes / 2) }
            return .string(GoFormatter.sprintf(call.string(0), Array(call.arguments.dropFirst())))
        }
        add("html", variadic: .any) { .string(Escape.html(Self.escapeInput($0))) }
        add("js", variadic: .any) { .string(Escape.javaScript(Self.escapeInput($0))) }
        add("urlquery", variadic: .any) { .string(Escape.urlQuery(Self.escapeInput($0))) }
        // No value here is a function: the call says so where it is evaluated, with the operand's text.
        add("call", [.value], variadic: .value) { call throws(FunctionFailure) in
            throw FunctionFailure(call[0].isNothing ? "call of nil" : "non-function of type \(call[0].typeName)")
        }
    }

    /// How many values a value holds, itself or its members.
    private static func leaves(_ value: TemplateValue) -> Int {
        switch value {
        case .list(let list): list.elements.reduce(0) { $0 + leaves($1) }
        case .dict(let map): map.members.values.reduce(map.members.count) { $0 + leaves($1) }
        default: 1
        }
    }

    /// A nil among the arguments is the text `<no value>`, as Go's `evalArgs` makes it.
    private static func escapeInput(_ call: FunctionCall) -> GoString {
        if call.arguments.count == 1, case .string(let text) = call[0] { return text }
        return GoPrinter.sprint(
            call.arguments.map { argument in
                if case .missing = argument.unwrapped { return .string(Array("<no value>".utf8)) }
                return argument
            })
    }

    private static func index(_ call: FunctionCall) throws(FunctionFailure) -> TemplateValue {
        var item = call[0].unwrapped
        if case .missing = item { throw FunctionFailure("index of untyped nil") }
        for key in call.arguments.dropFirst().map(\.unwrapped) {
            switch item {
            case .null: throw FunctionFailure("index of nil pointer")
            case .string(let text): item = .int(Int64(text[try position(key, count: text.count, "string")]), .uint8)
            case .list(let list): item = list.elements[try position(key, count: list.elements.count, "slice")]
            case .dict(let map):
                switch key {
                case .string(let name): item = map.members[GoText.text(name)] ?? (map.holdsStrings ? .string("") : .null)
                case .missing: throw FunctionFailure("value is nil; should be of type string")
                default: throw FunctionFailure("value has type \(key.typeName); should be string")
                }
            default: throw FunctionFailure("can't index item of type \(item.typeName)")
            }
        }
        return item
    }

    /// An index within a slice; Go's own check lets the length itself pass and panics after it.
    private static func position(_ key: TemplateValue, count: Int, _ kind: String) throws(FunctionFailure) -> Int {
        let position = try slicePosition(key, limit: count)
        if position == count { throw FunctionFailure("reflect: \(kind) index out of range") }
        return position
    }

    static func slicePosition(_ key: TemplateValue, limit: Int) throws(FunctionFailure) -> Int {
        switch key {
        case .int(let value, _):
            guard value >= 0, value <= limit else { throw FunctionFailure("index out of range: \(value)") }
            return Int(value)
        case .missing, .null: throw FunctionFailure("cannot index slice/array with nil")
        default: throw FunctionFailure("cannot index slice/array with type \(key.typeName)")
        }
    }
}
