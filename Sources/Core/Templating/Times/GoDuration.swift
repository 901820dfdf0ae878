/// Go's `time.Duration`.
struct GoDuration: Equatable {
    var nanoseconds: Int64

    private static let units: [String: UInt64] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    /// Reads `-1.5h`, `2h45m`.
    static func parse(_ text: GoString) throws(FunctionFailure) -> GoDuration {
        let invalid = FunctionFailure("time: invalid duration \(TimeLayout.quote(text))")
        var rest = text[...], isNegative = false, total: UInt64 = 0
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest = rest.dropFirst()
        }
        if rest.elementsEqual("0".utf8) { return GoDuration(nanoseconds: 0) }
        if rest.isEmpty { throw invalid }
        while !rest.isEmpty {
            let whole = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            var hasPoint = false
            if rest.first == UInt8(ascii: ".") {
                hasPoint = true
                rest = rest.dropFirst()
                fraction = rest.prefix { (0x30...0x39).contains($0) }
                rest = rest.dropFirst(fraction.count)
            }
            if whole.isEmpty, fraction.isEmpty { throw invalid }
            guard let value = whole.isEmpty ? 0 : UInt64(GoText.text(whole)), value <= 1 << 63 else { throw invalid }
            let name = rest.prefix { $0 != UInt8(ascii: ".") && !(0x30...0x39).contains($0) }
            if name.isEmpty {
                if whole.isEmpty && hasPoint && fraction.isEmpty { throw invalid }
                throw FunctionFailure("time: missing unit in duration \(TimeLayout.quote(text))")
            }
            rest = rest.dropFirst(name.count)
            guard let unit = units[GoText.text(name)] else {
                throw FunctionFailure(
                    "time: unknown unit \(TimeLayout.quote(Array(name))) in duration \(TimeLayout.quote(text))")
            }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: unit)
            if overflow || scaled > 1 << 63 { throw invalid }
            let part = fraction.isEmpty ? 0 : (Double("0." + GoText.text(fraction)) ?? 0) * Double(unit)
            let (sum, over) = total.addingReportingOverflow(scaled + UInt64(part))
            if over || sum > 1 << 63 { throw invalid }
            total = sum
        }
        if isNegative { return GoDuration(nanoseconds: Int64(truncatingIfNeeded: 0 &- total)) }
        guard let nanoseconds = Int64(exactly: total) else { throw invalid }
        return GoDuration(nanoseconds: nanoseconds)
    }

    /// To whole seconds, half away from zero.
    var roundedToSeconds: GoDuration {
        let second: Int64 = 1_000_000_000
        let rest = nanoseconds % second
        let base = nanoseconds - rest
        if rest.magnitude * 2 < UInt64(second) { return GoDuration(nanoseconds: base) }
        let (rounded, overflow) = base.addingReportingOverflow(nanoseconds < 0 ? -second : second)
        return GoDuration(nanoseconds: overflow ? (nanoseconds < 0 ? .min : .max) : rounded)
    }

    /// `1h2m3.5s`, `1.5ms`, `0s`.
    var text: String {
        let value = nanoseconds.magnitude
        if value == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        if value < 1_000_000_000 {
            let (unit, size): (String, UInt64) = value < 1000 ? ("ns", 1) : value < 1_000_000 ? ("µs", 1000) : ("ms", 1_000_000)
            return sign + Self.decimal(value, size) + unit
        }
        let seconds = value / 1_000_000_000
        var out = Self.decimal(seconds % 60 * 1_000_000_000 + value % 1_000_000_000, 1_000_000_000) + "s"
        if seconds >= 60 { out = "\(seconds / 60 % 60)m" + out }
        if seconds >= 3600 { out = "\(seconds / 3600)h" + out }
        return sign + out
    }

    private static func decimal(_ value: UInt64, _ size: UInt64) -> String {
        var fraction = String(String(size + value % size).dropFirst())
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(value / size)" + (fraction.isEmpty || size == 1 ? "" : "." + fraction)
    }

    /// The largest unit alone: `3mo`, `2h`.
    var rounded: String {
        let value = nanoseconds.magnitude, hour: UInt64 = 3_600_000_000_000
        let units: [(UInt64, String)] = [
            (hour * 24 * 365, "y"), (hour * 24 * 30, "mo"), (hour * 24, "d"), (hour, "h"), (hour / 60, "m"), (hour / 3600, "s"),
        ]
        guard let (size, name) = units.first(where: { value > $0.0 }) else { return "0s" }
        return "\(value / size)\(name)"
    }
}
