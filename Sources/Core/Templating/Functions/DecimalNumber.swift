/// A decimal number of up to 38 digits: what Sprig's float functions count with.
struct DecimalNumber {
    /// The value is `digits` times ten to the `exponent`.
    private var digits: Int128
    private var exponent: Int

    private init(digits: Int128, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    /// The shortest decimal that reads back as the float; nil when it is not finite.
    init?(_ value: Double) {
        guard value.isFinite else { return nil }
        let parts = GoFloat.format(value, verb: "e", precision: nil).split(separator: "e")
        guard parts.count == 2, let power = Int(parts[1].hasPrefix("+") ? parts[1].dropFirst() : parts[1]) else { return nil }
        let mantissa = parts[0].split(separator: ".")
        guard let digits = Int128(mantissa.joined()) else { return nil }
        self.init(digits: digits, exponent: power - (mantissa.count > 1 ? mantissa[1].utf8.count : 0))
    }

    var double: Double { Double("\(digits)e\(exponent)") ?? 0 }
    var negated: DecimalNumber { DecimalNumber(digits: -digits, exponent: exponent) }

    func adding(_ other: DecimalNumber) -> DecimalNumber? {
        let common = min(exponent, other.exponent)
        guard let left = scaled(to: common), let right = other.scaled(to: common) else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : DecimalNumber(digits: sum, exponent: common)
    }

    func multiplied(by other: DecimalNumber) -> DecimalNumber? {
        let (product, overflow) = digits.multipliedReportingOverflow(by: other.digits)
        return overflow ? nil : DecimalNumber(digits: product, exponent: exponent + other.exponent)
    }

    /// To 16 places after the point, half away from zero.
    func divided(by other: DecimalNumber) -> DecimalNumber? {
        guard other.digits != 0 else { return nil }
        let shift = 16 + exponent - other.exponent
        var (numerator, denominator) = (digits, other.digits)
        for _ in 0..<abs(shift) {
            let (scaled, overflow) = (shift > 0 ? numerator : denominator).multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            if shift > 0 { numerator = scaled } else { denominator = scaled }
        }
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        let roundsUp = remainder.magnitude * 2 >= denominator.magnitude
        let sign: Int128 = (numerator < 0) == (denominator < 0) ? 1 : -1
        return DecimalNumber(digits: quotient + (roundsUp ? sign : 0), exponent: -16)
    }

    private func scaled(to target: Int) -> Int128? {
        var value = digits
        for _ in 0..<(exponent - target) {
            let (next, overflow) = value.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            value = next
        }
        return value
    }
}
