/// Amounts of memory and CPU as Score writes them.
enum ScoreQuantity {
    /// A quantity of Kubernetes: `128Mi`, `1.5G`, `64k`, `1e9`. Nil for zero, and where it is none.
    static func memory(kubernetes text: String) -> String? {
        guard let (number, unit) = split(text) else { return nil }
        switch unit {
        case "", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei": return number + unit
        case "k", "K": return number + "K"
        case "m": return whole(number, times: 0.001)
        default:
            guard unit.first == "e" || unit.first == "E", let exponent = Int(unit.dropFirst()), (-18...18).contains(exponent)
            else {
                return nil
            }
            var factor = 1.0
            for _ in 0..<exponent.magnitude { factor *= 10 }
            return whole(number, times: exponent < 0 ? 1 / factor : factor)
        }
    }

    /// A size of Compose: `512m`, `1.5gb`, `64 KiB`, bytes without a unit; every unit is a power of 1024.
    static func memory(compose text: String) -> String? {
        guard let (number, unit) = split(text.filter { $0 != " " }) else { return nil }
        let units = ["": "", "b": "", "k": "Ki", "m": "Mi", "g": "Gi", "t": "Ti", "p": "Pi"]
        var name = unit.lowercased()
        if name.count > 1, name.hasSuffix("b") { name.removeLast() }
        if name.count > 1, name.hasSuffix("i") { name.removeLast() }
        guard let score = units[name] else { return nil }
        return score.isEmpty ? whole(number, times: 1) : number + score
    }

    /// `2`, `0.5`, `.5`, `250m`. Nil where it is none.
    static func cpu(_ text: String) -> String? {
        if text == "0" { return text }
        guard let (number, unit) = split(text), unit.isEmpty || unit == "m" else { return nil }
        return unit == "m" && number.contains(".") ? nil : number + unit
    }

    /// A number over zero as the schema writes it, without idle zeros, and what follows it.
    private static func split(_ text: String) -> (number: String, unit: String)? {
        let whole = text.prefix { $0.isASCII && $0.isNumber }
        var rest = text.dropFirst(whole.count), fraction = Substring()
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !(whole.isEmpty && fraction.isEmpty), text.utf8.count <= 40 else { return nil }
        let significant = whole.drop { $0 == "0" }
        while fraction.last == "0" { fraction.removeLast() }
        guard !significant.isEmpty || !fraction.isEmpty else { return nil }
        let number = (significant.isEmpty ? "0" : significant) + (fraction.isEmpty ? "" : "." + fraction)
        return (String(number), String(rest))
    }

    /// Bytes are whole: the next whole number.
    private static func whole(_ number: String, times factor: Double) -> String? {
        guard let value = Double(number), value * factor < 9e18 else { return nil }
        return String(Int64(max(1, (value * factor).rounded(.up))))
    }
}
