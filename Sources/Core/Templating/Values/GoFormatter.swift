/// `fmt.Sprintf` over template values.
struct GoFormatter {
    private let format: GoString
    private let arguments: [TemplateValue]
    private var position = 0
    private var next = 0
    private var usedIndex = false
    private var badIndex = false
    private var out = GoString()

    /// One directive's flags, width and precision.
    struct Directive {
        var plus = false, minus = false, sharp = false, space = false, zero = false
        var width: Int?
        var precision: Int?
    }

    /// Go's own bound for a width or precision.
    private static let widthLimit = 1_000_000

    static func sprintf(_ format: GoString, _ arguments: [TemplateValue]) -> GoString {
        var formatter = GoFormatter(format: format, arguments: arguments)
        formatter.run()
        return formatter.out
    }

    /// The largest number that a format or its arguments could ask for as a width or precision.
    static func widestField(_ format: GoString, _ arguments: [TemplateValue]) -> Int {
        var widest = 0, number = 0
        for byte in format {
            number = (0x30...0x39).contains(byte) ? min(number * 10 + Int(byte - 0x30), widthLimit) : 0
            widest = max(widest, number)
        }
        guard format.contains(UInt8(ascii: "*")) else { return widest }
        for case .int(let value, _) in arguments where value.magnitude <= widthLimit {
            widest = max(widest, Int(value.magnitude))
        }
        return widest
    }

    private init(format: GoString, arguments: [TemplateValue]) {
        self.format = format
        self.arguments = arguments
    }

    private var byte: UInt8? { position < format.count ? format[position] : nil }

    private mutating func run() {
        while position < format.count {
            if format[position] != UInt8(ascii: "%") {
                out.append(format[position])
                position += 1
            } else {
                position += 1
                directive()
            }
        }
        if !usedIndex, next < arguments.count {
            let extra = arguments[next...].map { value -> GoString in
                value.isNothing ? Array("<nil>".utf8) : Array("\(value.typeName)=".utf8) + GoPrinter.text(value)
            }
            out += "%!(EXTRA ".utf8 + GoText.join(extra, with: Array(", ".utf8)) + ")".utf8
        }
    }

    private mutating func directive() {
        var directive = Directive()
        badIndex = false
        flags(&directive)
        var afterIndex = argumentIndex()
        if byte == UInt8(ascii: "*") {
            position += 1
            if let width = integerArgument() {
                directive.width = abs(width)
                if width < 0 { (directive.minus, directive.zero) = (true, false) }
            } else {
                out += "%!(BADWIDTH)".utf8
            }
            afterIndex = false
        } else if let width = number() {
            directive.width = width
            if afterIndex { badIndex = true }
        }
        if byte == UInt8(ascii: ".") {
            position += 1
            if afterIndex { badIndex = true }
            afterIndex = argumentIndex()
            if byte == UInt8(ascii: "*") {
                position += 1
                if let precision = integerArgument(), precision >= 0 {
                    directive.precision = precision
                } else {
                    out += "%!(BADPREC)".utf8
                }
                afterIndex = false
            } else {
                directive.precision = number() ?? 0
            }
        }
        if !afterIndex { _ = argumentIndex() }
        verb(directive)
    }

    private mutating func verb(_ directive: Directive) {
        guard position < format.count else {
            out += "%!(NOVERB)".utf8
            return
        }
        let (scalar, width) = GoText.decode(format, at: position) ?? ("\u{FFFD}", 1)
        position += width
        if scalar == "%" {
            out.append(UInt8(ascii: "%"))
        } else if badIndex {
            out += "%!\(scalar)(BADINDEX)".utf8
        } else if next >= arguments.count {
            out += "%!\(scalar)(MISSING)".utf8
        } else {
            out += GoVerb(verb: scalar, directive: directive).text(arguments[next])
            next += 1
        }
    }

    private mutating func flags(_ directive: inout Directive) {
        while let byte {
            switch byte {
            case UInt8(ascii: "#"): directive.sharp = true
            case UInt8(ascii: "0"): directive.zero = true
            case UInt8(ascii: "+"): directive.plus = true
            case UInt8(ascii: "-"): directive.minus = true
            case UInt8(ascii: " "): directive.space = true
            default: return
            }
            position += 1
        }
    }

    private mutating func number() -> Int? {
        var value: Int?
        while let byte, (0x30...0x39).contains(byte) {
            value = min((value ?? 0) * 10 + Int(byte - 0x30), Self.widthLimit + 1)
            position += 1
        }
        return value.flatMap { $0 > Self.widthLimit ? nil : $0 }
    }

    private mutating func integerArgument() -> Int? {
        guard next < arguments.count else { return nil }
        defer { next += 1 }
        guard case .int(let value, _) = arguments[next], value.magnitude <= Self.widthLimit else { return nil }
        return Int(value)
    }

    /// `[n]`: the next directive takes the n-th argument.
    private mutating func argumentIndex() -> Bool {
        guard byte == UInt8(ascii: "[") else { return false }
        usedIndex = true
        guard let close = format[position...].firstIndex(of: UInt8(ascii: "]")) else {
            badIndex = true
            position += 1
            return false
        }
        let digits = GoText.text(format[(position + 1)..<close])
        position = close + 1
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let index = Int(digits), index <= Self.widthLimit else {
            badIndex = true
            return false
        }
        if (1...max(arguments.count, 1)).contains(index), !arguments.isEmpty { next = index - 1 } else { badIndex = true }
        return true
    }
}
