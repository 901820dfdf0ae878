/// Which versions are meant: `>=1.2, <2 || ^3.1`, `1.2 - 1.4`, `~1.2.3`, `1.x` (Masterminds/semver).
struct VersionConstraint {
    /// One of the lists must hold, in it every bound.
    private var alternatives: [[Bound]] = []

    private struct Bound {
        var comparison: Comparison
        var version: SemanticVersion
    }

    private enum Comparison {
        case equal, unequal, less, atMost, greater, atLeast
    }

    init?(_ text: String) {
        for alternative in text.replacing("||", with: "|").split(separator: "|", omittingEmptySubsequences: false) {
            guard let bounds = Self.bounds(String(alternative)) else { return nil }
            alternatives.append(bounds)
        }
    }

    func admits(_ version: SemanticVersion) -> Bool {
        alternatives.contains { bounds in
            // A pre-release is meant only where the bound itself names one.
            if !version.prerelease.isEmpty, !bounds.contains(where: { !$0.version.prerelease.isEmpty }) { return false }
            return bounds.allSatisfy { bound in
                switch bound.comparison {
                case .equal: version == bound.version
                case .unequal: version != bound.version
                case .less: version < bound.version
                case .atMost: version <= bound.version
                case .greater: version > bound.version
                case .atLeast: version >= bound.version
                }
            }
        }
    }

    private static func bounds(_ text: String) -> [Bound]? {
        // "a - b" is a range; a hyphen without spaces belongs to a version.
        let ends = text.split(separator: " - ").map { $0.filter { $0 != " " } }
        if ends.count == 2, let low = bounds(">=", ends[0]), let high = bounds("<=", ends[1]) { return low + high }
        var all: [Bound] = []
        for word in words(text) {
            let operation = String(word.prefix { "=!<>~^".contains($0) })
            guard let bounds = bounds(operation, String(word.dropFirst(operation.count))) else { return nil }
            all += bounds
        }
        return all.isEmpty ? nil : all
    }

    /// Separated by commas or spaces; an operator may stand apart from its version.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for piece in text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) {
            if let last = words.last, last.allSatisfy({ "=!<>~^".contains($0) }) {
                words[words.count - 1] = last + piece
            } else {
                words.append(piece)
            }
        }
        return words
    }

    private static func bounds(_ operation: String, _ text: String) -> [Bound]? {
        let core = text.hasPrefix("v") ? String(text.dropFirst()) : text
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        let wild = parts.firstIndex { ["x", "X", "*"].contains($0) }
        /// How many of the numbers are given.
        let given = wild ?? min(parts.count, 3)
        guard
            let low = given == 0
                ? SemanticVersion(numbers: [0, 0, 0]) : SemanticVersion(parts.prefix(wild ?? parts.count).joined(separator: "."))
        else { return nil }
        func below(_ index: Int) -> Bound? {
            var next = SemanticVersion(numbers: [0, 0, 0])
            for position in 0..<index { next.numbers[position] = low.numbers[position] }
            let (raised, overflow) = low.numbers[index].addingReportingOverflow(1)
            if overflow { return nil }
            next.numbers[index] = raised
            return Bound(comparison: .less, version: next)
        }
        let atLeast = Bound(comparison: .atLeast, version: low)
        if given == 0 { return operation == "!=" || operation == "<" || operation == ">" ? nil : [atLeast] }
        switch operation {
        case "", "=":
            return given == 3 ? [Bound(comparison: .equal, version: low)] : below(given - 1).map { [atLeast, $0] }
        case "!=":
            return given == 3 ? [Bound(comparison: .unequal, version: low)] : nil
        case "<": return [Bound(comparison: .less, version: low)]
        case "<=", "=<":
            return given == 3 ? [Bound(comparison: .atMost, version: low)] : below(given - 1).map { [$0] }
        case ">":
            if given == 3 { return [Bound(comparison: .greater, version: low)] }
            return below(given - 1).map { [Bound(comparison: .atLeast, version: $0.version)] }
        case ">=", "=>": return [atLeast]
        case "~", "~>": return below(min(given - 1, 1)).map { [atLeast, $0] }
        case "^":
            let first = low.numbers.firstIndex { $0 != 0 } ?? given - 1
            return below(min(first, given - 1)).map { [atLeast, $0] }
        default: return nil
        }
    }
}
