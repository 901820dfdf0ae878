import Glibc

// Sprig: numbers.
extension FunctionTable {
    mutating func addNumbers() {
        add("int", [.any]) { .int(Numbers.integer($0[0]), .int) }
        add("int64", [.any]) { .int64(Numbers.integer($0[0])) }
        add("float64", [.any]) { .float(Numbers.float($0[0])) }
        add("atoi", [.string]) { .int(Numbers.decimal($0.string(0)), .int) }
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
        add("maxf", [.any], variadic: .any) { .float(Numbers.fold($0.arguments, fmax)) }
        add("minf", [.any], variadic: .any) { .float(Numbers.fold($0.arguments, fmin)) }
    }

    /// In decimal, so that 0.1 and 0.2 are 0.3.
    private mutating func addDecimalArithmetic() {
        addFold("addf", from: 0) {
            $0.adding($1)
        } approximately: {
            $0 + $1
        }
        addFold("add1f", from: 1) {
            $0.adding($1)
        } approximately: {
            $0 + $1
        }
        addFold("subf") {
            $0.adding($1.negated)
        } approximately: {
            $0 - $1
        }
        addFold("mulf") {
            $0.multiplied(by: $1)
        } approximately: {
            $0 * $1
        }
        addFold("divf") {
            $0.divided(by: $1)
        } approximately: {
            $0 / $1
        }
    }

    /// - Parameters:
    ///   - start: the first number; nil: the first argument.
    ///   - approximately: the step in binary, for numbers of more digits than are counted with.
    private mutating func addFold(
        _ name: String, from start: Double? = nil, _ step: @escaping @Sendable (DecimalNumber, DecimalNumber) -> DecimalNumber?,
        approximately: @escaping @Sendable (Double, Double) -> Double
    ) {
        add(name, start == nil || name == "add1f" ? [.any] : [], variadic: name == "add1f" ? nil : .any) {
            call throws(FunctionFailure) in
            var total = start ?? Numbers.float(call[0]), exact = DecimalNumber(total)
            for value in call.arguments.dropFirst(start == nil ? 1 : 0) {
                let number = Numbers.float(value)
                if name == "divf", number == 0 { throw FunctionFailure("decimal division by 0") }
                exact = exact.flatMap { left in DecimalNumber(number).flatMap { step(left, $0) } }
                total = exact?.double ?? approximately(total, number)
                exact = exact ?? DecimalNumber(total)
            }
            // A decimal zero has no sign.
            return .float(exact?.double ?? total)
        }
    }

    private mutating func addRounding() {
        add("floor", [.any]) { .float(Numbers.float($0[0]).rounded(.down)) }
        add("ceil", [.any]) { .float(Numbers.float($0[0]).rounded(.up)) }
        add("round", [.any, .int], variadic: .float) { call in
            let roundsUpFrom = call.arguments.count > 2 ? call.float(2) : 0.5
            let power = Self.powerOfTen(call.int(1))
            let digit = power * Numbers.float(call[0])
            let fraction = digit - digit.rounded(.towardZero)
            return .float((fraction >= roundsUpFrom ? digit.rounded(.up) : digit.rounded(.down)) / power)
        }
    }

    /// By squaring, as Go does it: `pow` of the C library is more exact, and so differs.
    private static func powerOfTen(_ exponent: Int) -> Double {
        var (result, power, base, baseExponent) = (1.0, 0, 0.625, 4)
        var rest = min(exponent.magnitude, 1 << 40)
        while rest != 0 {
            if abs(baseExponent) > 1 << 12 {
                power += baseExponent
                break
            }
            if rest & 1 == 1 {
                result *= base
                power += baseExponent
            }
            base *= base
            baseExponent <<= 1
            if base < 0.5 {
                base += base
                baseExponent -= 1
            }
            rest >>= 1
        }
        return exponent < 0 ? ldexp(1 / result, Int32(-power)) : ldexp(result, Int32(power))
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
    /// Plain digits with a sign; 0 for anything else, and the nearest integer where 64 bits do not hold it.
    static func decimal(_ text: GoString) -> Int64 {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = isNegative || text.first == UInt8(ascii: "+") ? text.dropFirst() : text[...]
        var magnitude: UInt64 = 0
        for byte in digits {
            guard (0x30...0x39).contains(byte) else { return 0 }
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, over) = tens.addingReportingOverflow(UInt64(byte - 0x30))
            // Go stops here, and does not see what comes behind.
            if overflow || over { return isNegative ? .min : .max }
            magnitude = sum
        }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : .min }
        return Int64(exactly: magnitude) ?? .max
    }

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
        case .string(let text): parsed(GoText.text(text))
        default: 0
        }
    }

    /// `strconv.ParseFloat`: decimal, or hexadecimal with an exponent.
    private static func parsed(_ text: String) -> Double {
        let isHex = text.lowercased().contains("0x")
        let text = text.replacing("_", with: "")
        guard !isHex || text.lowercased().contains("p") else { return 0 }
        let plain = text.hasSuffix(".") ? text + "0" : text
        return Double(plain).flatMap { $0.isNaN && !plain.lowercased().hasSuffix("nan") ? nil : $0 } ?? 0
    }

    /// The greatest or least; of two zeros the one with the sign that fits, and NaN before all.
    static func fold(_ values: [TemplateValue], _ step: (Double, Double) -> Double) -> Double {
        let numbers = values.map(float)
        if let nan = numbers.first(where: \.isNaN) { return nan }
        return numbers.dropFirst().reduce(numbers.first ?? 0) { left, right in
            // -0 + 0 is 0, and -(0 - -0) is -0.
            if left == 0, right == 0 { return step(-1, 1) > 0 ? left + right : -(-left + -right) }
            return step(left, right)
        }
    }
}
