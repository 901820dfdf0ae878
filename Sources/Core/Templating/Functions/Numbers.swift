import Glibc

// Sprig: numbers.
extension FunctionTable {
    mutating func addNumbers() {
        add("int", [.any]) { .int(Numbers.integer($0[0]), .int) }
        add("int64", [.any]) { .int64(Numbers.integer($0[0])) }
        add("float64", [.any]) { .float(Numbers.float($0[0])) }
        add("atoi", [.string]) { .int(Int64($0.text(0)) ?? 0, .int) }
        add("toDecimal", [.any]) { .int64(Int64(GoText.text(GoPrinter.text($0[0])), radix: 8) ?? 0) }
        addIntegerArithmetic()
        addDecimalArithmetic()
        addRounding()
        addSequences()
    }

    private mutating func addIntegerArithmetic() {
        add("add1", [.any]) { .int64(Numbers.integer($0[0]) &+ 1) }
        add("add", variadic: .any) { .int64($0.arguments.reduce(0) { $0 &+ Numbers.integer($1) }) }
        add("sub", [.any, .any]) { .int64(Numbers.integer($0[0]) &- Numbers.integer($0[1])) }
        add("mul", [.any], variadic: .any) { .int64($0.arguments.reduce(1) { $0 &* Numbers.integer($1) }) }
        add("div", [.any, .any]) { call throws(FunctionFailure) in
            let divisor = Numbers.integer(call[1])
            if divisor == 0 { throw FunctionFailure("runtime error: integer divide by zero") }
            return .int64(Numbers.integer(call[0]).dividedReportingOverflow(by: divisor).partialValue)
        }
        add("mod", [.any, .any]) { call throws(FunctionFailure) in
            let divisor = Numbers.integer(call[1])
            if divisor == 0 { throw FunctionFailure("runtime error: integer divide by zero") }
            return .int64(Numbers.integer(call[0]).remainderReportingOverflow(dividingBy: divisor).partialValue)
        }
        add("max", [.any], variadic: .any) { .int64($0.arguments.map(Numbers.integer).max() ?? 0) }
        alias("biggest", "max")
        add("min", [.any], variadic: .any) { .int64($0.arguments.map(Numbers.integer).min() ?? 0) }
        add("maxf", [.any], variadic: .any) { .float($0.arguments.map(Numbers.float).max() ?? 0) }
        add("minf", [.any], variadic: .any) { .float($0.arguments.map(Numbers.float).min() ?? 0) }
    }

    /// In decimal, so that 0.1 and 0.2 are 0.3.
    private mutating func addDecimalArithmetic() {
        @Sendable func fold(
            _ first: DecimalNumber?, _ rest: [TemplateValue],
            _ step: (DecimalNumber, DecimalNumber) -> DecimalNumber?
        ) throws(FunctionFailure) -> TemplateValue {
            var total = first
            for value in rest {
                guard let left = total, let right = DecimalNumber(Numbers.float(value)) else { break }
                total = step(left, right)
                if total == nil { break }
            }
            guard let total else { throw FunctionFailure("a number is too large, or a division by zero") }
            return .float(total.double)
        }
        add("addf", variadic: .any) { call throws(FunctionFailure) in
            try fold(DecimalNumber(0), call.arguments) { $0.adding($1) }
        }
        add("add1f", [.any]) { call throws(FunctionFailure) in
            try fold(DecimalNumber(1), call.arguments) { $0.adding($1) }
        }
        add("subf", [.any], variadic: .any) { call throws(FunctionFailure) in
            try fold(DecimalNumber(Numbers.float(call[0])), Array(call.arguments.dropFirst())) { $0.adding($1.negated) }
        }
        add("mulf", [.any], variadic: .any) { call throws(FunctionFailure) in
            try fold(DecimalNumber(Numbers.float(call[0])), Array(call.arguments.dropFirst())) { $0.multiplied(by: $1) }
        }
        add("divf", [.any], variadic: .any) { call throws(FunctionFailure) in
            try fold(DecimalNumber(Numbers.float(call[0])), Array(call.arguments.dropFirst())) { $0.divided(by: $1) }
        }
    }

    private mutating func addRounding() {
        add("floor", [.any]) { .float(Numbers.float($0[0]).rounded(.down)) }
        add("ceil", [.any]) { .float(Numbers.float($0[0]).rounded(.up)) }
        add("round", [.any, .int], variadic: .float) { call in
            let roundsUpFrom = call.arguments.count > 2 ? call.float(2) : 0.5
            let power = pow(10, Double(call.int(1)))
            let digit = power * Numbers.float(call[0])
            let fraction = digit - digit.rounded(.towardZero)
            return .float((fraction >= roundsUpFrom ? digit.rounded(.up) : digit.rounded(.down)) / power)
        }
    }

    private mutating func addSequences() {
        add("until", [.int]) { call throws(FunctionFailure) in
            let count = call.int(0)
            return try Self.sequence(from: 0, to: count, by: count < 0 ? -1 : 1, call)
        }
        add("untilStep", [.int, .int, .int]) { call throws(FunctionFailure) in
            try Self.sequence(from: call.int(0), to: call.int(1), by: call.int(2), call)
        }
        add("seq", variadic: .int) { call throws(FunctionFailure) in
            let given = call.arguments.indices.map { call.int($0) }
            let start = given.count > 1 ? given[0] : 1
            guard let end = given.last, given.count <= 3 else { return .string("") }
            let direction = end < start ? -1 : 1
            let step = given.count == 3 ? given[1] : direction
            if given.count == 3, end < start, step > 0 { return .string("") }
            let numbers = try Self.sequence(from: start, to: end &+ direction, by: step, call)
            let text = GoPrinter.text(numbers)
            return .string(GoText.trim(text, anyOf: Array("[]".utf8)))
        }
    }

    private static func sequence(from start: Int, to end: Int, by step: Int, _ call: FunctionCall) throws(FunctionFailure)
        -> TemplateValue
    {
        let runs = end < start ? step < 0 : step > 0
        guard runs else { return .list(GoList(elements: [], element: .int)) }
        let (distance, overflow) = end.subtractingReportingOverflow(start)
        try call.state.spend(overflow ? Int.max / 2 : Int(distance.magnitude / step.magnitude))
        return .list(GoList(elements: stride(from: start, to: end, by: step).map { .int($0) }, element: .int))
    }
}

/// Sprig's conversions: what is not a number is 0.
enum Numbers {
    static func integer(_ value: TemplateValue) -> Int64 {
        switch value {
        case .int(let value, _): return value
        // Go leaves the conversion of what does not fit to the processor: the least integer.
        case .float(let value): return Int64(exactly: value.rounded(.towardZero)) ?? Int64.min
        case .bool(let value): return value ? 1 : 0
        case .string(let text):
            let text = GoText.text(text)
            if let number = NumberLiteral(text), !number.isFloatByForm { return number.integer ?? 0 }
            // "3.0", but not "3.5".
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[1].allSatisfy { $0 == "0" } ? Int64(parts[0]) ?? 0 : 0
        default: return 0
        }
    }

    static func float(_ value: TemplateValue) -> Double {
        switch value {
        case .int(let value, _): Double(value)
        case .float(let value): value
        case .bool(let value): value ? 1 : 0
        case .string(let text): NumberLiteral(GoText.text(text))?.float ?? 0
        default: 0
        }
    }
}
