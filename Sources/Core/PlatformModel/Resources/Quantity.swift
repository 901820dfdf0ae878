/// A Kubernetes quantity: `500m`, `2`, `128Mi`, `1G` (apimachinery's resource.Quantity, without exponents).
package enum Quantity {
    private static let suffixes: [(String, Int64)] = [
        ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("k", 1000), ("M", 1_000_000), ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ]

    package static func bytes(_ text: String) -> Int64? {
        for (suffix, factor) in suffixes where text.hasSuffix(suffix) {
            return thousandths(of: text.dropLast(suffix.count)).flatMap { scaled($0, factor) }
        }
        return thousandths(of: text[...]).flatMap { scaled($0, 1) }
    }

    /// Thousandths of a processor.
    package static func millis(_ text: String) -> Int64? {
        if text.hasSuffix("m") { return Int64(text.dropLast()).flatMap { $0 > 0 ? $0 : nil } }
        return thousandths(of: text[...])
    }

    private static func scaled(_ thousandths: Int64, _ factor: Int64) -> Int64? {
        let (product, overflow) = thousandths.multipliedReportingOverflow(by: factor)
        return overflow || product < 1000 ? nil : product / 1000
    }

    /// `1.5` as 1500; nil for zero, signs and anything else.
    private static func thousandths(of text: Substring) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 15, whole.allSatisfy(\.isASCIIDigit),
            var value = Int64(whole)
        else { return nil }
        value *= 1000
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].count <= 3, parts[1].allSatisfy(\.isASCIIDigit),
                let fraction = Int64(parts[1] + String(repeating: "0", count: 3 - parts[1].count))
            else { return nil }
            value += fraction
        }
        return value > 0 ? value : nil
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
}
