/// A set of letters: `[a-z\d]`, `\pL`, `[^[:space:]]`.
struct ScalarClass {
    /// One member of the brackets.
    struct Item {
        var content: Content
        var isNegated = false
        /// `(?i)`: every letter stands for its other cases too.
        var foldsCase = false
    }

    enum Content {
        case ranges([ClosedRange<UInt32>])
        case categories(Set<Unicode.GeneralCategory>)
        /// A script by its Unicode name; the standard library knows which letters it has.
        case script(Regex<AnyRegexOutput>)
    }

    private let items: [Item]
    private let isNegated: Bool
    /// Which of the first 128 letters are in it: nearly all that is ever asked.
    private var ascii: (UInt64, UInt64) = (0, 0)

    init(_ items: [Item], isNegated: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        for value in UInt32(0)..<64 {
            if decides(value) { ascii.0 |= 1 << UInt64(value) }
            if decides(value + 64) { ascii.1 |= 1 << UInt64(value) }
        }
    }

    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return ascii.0 >> UInt64(value) & 1 == 1 }
        if value < 128 { return ascii.1 >> UInt64(value - 64) & 1 == 1 }
        return decides(value)
    }

    private func decides(_ value: UInt32) -> Bool {
        items.contains { item in
            let found =
                item.foldsCase ? CaseOrbits.orbit(of: value).contains(where: item.content.contains) : item.content.contains(value)
            return found != item.isNegated
        } != isNegated
    }
}

extension ScalarClass.Content {
    func contains(_ value: UInt32) -> Bool {
        switch self {
        case .ranges(let ranges): return ranges.contains { $0.contains(value) }
        case .categories(let categories):
            // A surrogate is no scalar, and no text holds one.
            guard let scalar = Unicode.Scalar(value) else { return categories.contains(.surrogate) }
            return categories.contains(scalar.properties.generalCategory)
        case .script(let script):
            guard let scalar = Unicode.Scalar(value) else { return false }
            return (try? script.wholeMatch(in: String(scalar))) != nil
        }
    }
}

/// Letters that differ in case only, as Unicode's simple case folding has them.
enum CaseOrbits {
    /// All letters of the orbit, with the letter itself.
    static func orbit(of value: UInt32) -> [UInt32] {
        if value < 128 {
            let lower = value | 0x20
            guard (0x61...0x7A).contains(lower) else { return [value] }
            // The long s and the Kelvin sign.
            let more: [UInt32] = lower == 0x73 ? [0x17F] : lower == 0x6B ? [0x212A] : []
            return [lower, lower ^ 0x20] + more
        }
        return table[value] ?? [value]
    }

    private static let table: [UInt32: [UInt32]] = {
        var byFold: [UInt32: [UInt32]] = [:]
        for value in UInt32(0x41)...0x1E943 where !(0x3400...0x9FFF).contains(value) && !(0xAC00...0xD7FF).contains(value) {
            // The dotless and the dotted i have their other case only in Turkish.
            guard value != 0x130, value != 0x131, let scalar = Unicode.Scalar(value) else { continue }
            let fold = GoText.lower(GoText.upper(scalar)).value
            byFold[fold, default: []].append(value)
        }
        var table: [UInt32: [UInt32]] = [:]
        for orbit in byFold.values where orbit.count > 1 {
            for value in orbit { table[value] = orbit }
        }
        return table
    }()
}
