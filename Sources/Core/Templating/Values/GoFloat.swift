import Glibc

/// Float to text, as Go's strconv writes it.
enum GoFloat {
    /// `%g` with the shortest digits that read back as the same number: `%v`, print.
    static func shortest(_ value: Double) -> String { general(value, precision: nil) }

    /// One of Go's verbs `e`, `f`, `g` (and upper case); nil precision is the shortest exact form.
    static func format(_ value: Double, verb: Character, precision: Int?) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        switch verb {
        case "e": return exponent(value, precision: precision)
        case "E": return exponent(value, precision: precision).uppercased()
        case "f", "F": return fixed(value, precision: precision)
        case "G": return general(value, precision: precision).uppercased()
        case "x": return hexadecimal(value, precision: precision)
        case "X": return hexadecimal(value, precision: precision).uppercased()
        case "b": return binary(value)
        default: return general(value, precision: precision)
        }
    }

    /// As Go's JSON encoder: plain unless very small or very large.
    static func json(_ value: Double) -> String {
        let magnitude = abs(value)
        guard magnitude != 0, magnitude < 1e-6 || magnitude >= 1e21 else { return fixed(value, precision: nil) }
        let text = exponent(value, precision: nil)
        // e-09 becomes e-9.
        if let mark = text.range(ofLast: "e-0"), text.distance(from: mark, to: text.endIndex) == 4 {
            return text[..<mark] + "e-" + text.suffix(1)
        }
        return text
    }

    private static func general(_ value: Double, precision: Int?) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        // Beyond this many digits before the point Go changes to an exponent, when the precision is the shortest.
        var threshold = 6
        var decimal: Decimal
        if let precision {
            decimal = Decimal(exact: value, digits: max(precision, 1))
            threshold = max(precision, 1)
            while decimal.digits.count > 1, decimal.digits.last == 0 { decimal.digits.removeLast() }
            if threshold > decimal.digits.count, decimal.digits.count >= decimal.point { threshold = decimal.digits.count }
        } else {
            decimal = Decimal(shortest: value)
        }
        let exponent = decimal.point - 1
        if exponent < -4 || exponent >= threshold {
            return decimal.exponentText(fraction: decimal.digits.count - 1)
        }
        return decimal.fixedText(fraction: max(decimal.digits.count - decimal.point, 0))
    }

    private static func exponent(_ value: Double, precision: Int?) -> String {
        if let precision { return Decimal(exact: value, digits: precision + 1).exponentText(fraction: precision) }
        let decimal = Decimal(shortest: value)
        return decimal.exponentText(fraction: decimal.digits.count - 1)
    }

    private static func fixed(_ value: Double, precision: Int?) -> String {
        if let precision { return cFormat("%.*f", precision, value) }
        let decimal = Decimal(shortest: value)
        return decimal.fixedText(fraction: max(decimal.digits.count - decimal.point, 0))
    }

    /// `%x`: the mantissa in hex and a binary exponent; nil precision is all digits that it needs.
    private static func hexadecimal(_ value: Double, precision: Int?) -> String {
        // The leading 1 at bit 60.
        var mantissa = value.significandBitPattern << 8, exponent = value.isSubnormal ? -1022 : Int(value.exponent)
        if value == 0 { exponent = 0 } else if !value.isSubnormal { mantissa |= 1 << 60 }
        while mantissa != 0, mantissa & 1 << 60 == 0 {
            mantissa <<= 1
            exponent -= 1
        }
        if let precision, precision < 15 {
            let kept = UInt64(precision * 4), extra = mantissa << kept & (1 << 60 - 1)
            mantissa >>= 60 - kept
            if extra | (mantissa & 1) > 1 << 59 { mantissa += 1 }
            mantissa <<= 60 - kept
            if mantissa & 1 << 61 != 0 {
                mantissa >>= 1
                exponent += 1
            }
        }
        var digits = ""
        var rest = mantissa << 4
        while precision.map({ digits.utf8.count < $0 }) ?? (rest != 0) {
            digits += String(rest >> 60, radix: 16)
            rest <<= 4
        }
        return (value.sign == .minus ? "-" : "") + "0x" + String(mantissa >> 60) + (digits.isEmpty ? "" : "." + digits) + "p"
            + (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }

    /// `%b`: the mantissa as an integer and its binary exponent.
    private static func binary(_ value: Double) -> String {
        let isSmall = value.isSubnormal || value == 0
        let mantissa = value.significandBitPattern | (isSmall ? 0 : 1 << 52)
        let exponent = (isSmall ? -1022 : Int(value.exponent)) - 52
        return (value.sign == .minus ? "-" : "") + "\(mantissa)p" + (exponent < 0 ? "-" : "+") + "\(abs(exponent))"
    }

    /// glibc rounds exactly, as Go does.
    fileprivate static func cFormat(_ format: String, _ precision: Int, _ value: Double) -> String {
        withVaList([Int32(precision), value]) { arguments in
            var buffer = [CChar](repeating: 0, count: 400 + precision)
            let count = vsnprintf(&buffer, buffer.count, format, arguments)
            return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

/// The digits of a number: 0.d1d2d3... times ten to the `point`.
private struct Decimal {
    var isNegative: Bool
    var digits: [UInt8]
    var point: Int

    init(shortest value: Double) {
        // Swift prints the shortest digits that round-trip.
        self.init(parsing: String(describing: abs(value)), isNegative: value.sign == .minus)
    }

    init(exact value: Double, digits count: Int) {
        self.init(parsing: GoFloat.cFormat("%.*e", count - 1, abs(value)), isNegative: value.sign == .minus, keepZeros: true)
    }

    private init(parsing text: String, isNegative: Bool, keepZeros: Bool = false) {
        var digits: [UInt8] = [], point = 0, seenPoint = false, exponent = 0
        var rest = text.utf8[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits.append(byte - 0x30)
                if !seenPoint { point += 1 }
            case UInt8(ascii: "."):
                seenPoint = true
            default:
                exponent = Int(String(Substring(rest)).replacingPlus) ?? 0
                rest = rest.suffix(0)
            }
        }
        point += exponent
        while !keepZeros, digits.count > 1, digits.first == 0 {
            digits.removeFirst()
            point -= 1
        }
        while !keepZeros, digits.count > 1, digits.last == 0 { digits.removeLast() }
        if digits.allSatisfy({ $0 == 0 }) { point = 1 }
        self.isNegative = isNegative
        self.digits = digits
        self.point = point
    }

    func exponentText(fraction: Int) -> String {
        var text = isNegative ? "-" : ""
        text += String(digits.first ?? 0)
        if fraction > 0 {
            text += "."
            for index in 1...fraction { text += String(index < digits.count ? digits[index] : 0) }
        }
        let exponent = point - 1
        text += exponent < 0 ? "e-" : "e+"
        return text + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }

    func fixedText(fraction: Int) -> String {
        var text = isNegative ? "-" : ""
        if point <= 0 {
            text += "0"
        } else {
            for index in 0..<point { text += String(index < digits.count ? digits[index] : 0) }
        }
        if fraction > 0 {
            text += "."
            for offset in 0..<fraction {
                let index = point + offset
                text += String(index >= 0 && index < digits.count ? digits[index] : 0)
            }
        }
        return text
    }
}

extension String {
    fileprivate var replacingPlus: String { hasPrefix("+") ? String(dropFirst()) : self }

    fileprivate func range(ofLast mark: String) -> String.Index? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(mark) { return index }
        }
        return nil
    }
}
