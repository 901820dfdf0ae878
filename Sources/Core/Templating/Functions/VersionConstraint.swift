/// Which versions are meant: `>=1.2, <2 || ^3.1`, `1.2 - 1.4`, `~1.2.3`, `1.x` (Masterminds/semver).
struct VersionConstraint {
    /// One of the lists must hold, in it every bound.
    private var alternatives: [[Bound]] = []

    /// - Throws: in the words of Masterminds/semver.
    init(_ text: String) throws(FunctionFailure) {
        for alternative in text.split(separator: "||", omittingEmptySubsequences: false) {
            // Alone a bar counts as a digit at first.
            if alternative.utf8.contains(UInt8(ascii: "|")) { throw FunctionFailure("constraint Parser Error") }
            guard let bounds = Self.bounds(String(alternative)) else {
                throw FunctionFailure("improper constraint: \(alternative)")
            }
            alternatives.append(bounds)
        }
    }

    func admits(_ version: SemanticVersion) -> Bool {
        alternatives.contains { $0.allSatisfy { $0.admits(version) } }
    }

    private static let operators: Set<Character> = ["=", "!", "<", ">", "~", "^"]

    private static func bounds(_ text: String) -> [Bound]? {
        // "a - b" is a range; a hyphen without spaces belongs to a version.
        let ends = text.split(separator: " - ").map { $0.filter { $0 != " " } }
        if ends.count == 2, let low = Bound(">=", ends[0]), let high = Bound("<=", ends[1]) { return [low, high] }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        if parts.count > 1, parts.contains(where: { $0.allSatisfy { $0 == " " } }) { return nil }
        let words = words(text)
        if words.isEmpty { return nil }
        var bounds: [Bound] = []
        for word in words {
            let operation = String(word.prefix { operators.contains($0) })
            guard let bound = Bound(operation, String(word.dropFirst(operation.count))) else { return nil }
            bounds.append(bound)
        }
        return bounds
    }

    /// Separated by commas or spaces; an operator may stand apart from its version.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        for piece in text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init) {
            if let last = words.last, last.allSatisfy({ operators.contains($0) }) {
                words[words.count - 1] = last + piece
            } else {
                words.append(piece)
            }
        }
        return words
    }
}

extension VersionConstraint {
    /// One comparison with a version that may lack numbers: `>1.2`, `^1`, `1.x`.
    private struct Bound {
        private enum Comparison {
            case equal, unequal, less, atMost, greater, atLeast, tilde, caret
        }

        private static let comparisons: [String: Comparison] = [
            "": .equal, "=": .equal, "!=": .unequal, "<": .less, "<=": .atMost, "=<": .atMost, ">": .greater, ">=": .atLeast,
            "=>": .atLeast, "~": .tilde, "~>": .tilde, "^": .caret,
        ]

        private let comparison: Comparison
        /// How many of the numbers are given.
        private let given: Int
        private let version: SemanticVersion

        init?(_ operation: String, _ text: String) {
            guard let comparison = Self.comparisons[operation] else { return nil }
            self.comparison = comparison
            var core = text.hasPrefix("v") ? String(text.dropFirst()) : text, tail = ""
            if let mark = core.firstIndex(where: { $0 == "-" || $0 == "+" }) {
                tail = String(core[mark...])
                core = String(core[..<mark])
            }
            let parts = core.split(separator: ".", omittingEmptySubsequences: false)
            guard (1...3).contains(parts.count),
                parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { "0123456789xX*".contains($0) } })
            else { return nil }
            given = parts.firstIndex { ["x", "X", "*"].contains($0) } ?? parts.count
            let numbers = parts.prefix(given) + Array(repeating: "0", count: 3 - given)
            guard let version = try? SemanticVersion(numbers.joined(separator: ".") + tail) else { return nil }
            self.version = version
        }

        func admits(_ other: SemanticVersion) -> Bool {
            // A pre-release is meant only where the bound names one; `!=` with all numbers excludes just its own.
            if !other.prerelease.isEmpty, version.prerelease.isEmpty, comparison != .unequal || given < 3 { return false }
            let same = zip(other.numbers, version.numbers).prefix { $0 == $1 }.count
            switch comparison {
            case .equal: return given == 3 ? other == version : admitsByTilde(other, same)
            case .unequal: return given == 3 || given == 0 ? other != version : same < given
            case .less: return other < version
            case .atLeast: return other >= version
            case .atMost:
                // What is not given may be anything: <=1.2 takes 1.2.9.
                if given == 3 { return other <= version }
                let counted = given == 0 ? 2 : given
                return !version.numbers.prefix(counted).lexicographicallyPrecedes(other.numbers.prefix(counted))
            case .greater:
                if given == 3 || given == 0 { return other > version }
                return version.numbers.prefix(given).lexicographicallyPrecedes(other.numbers.prefix(given))
            case .tilde: return admitsByTilde(other, same)
            case .caret: return admitsByCaret(other, same)
            }
        }

        private func admitsByTilde(_ other: SemanticVersion, _ same: Int) -> Bool {
            if other < version { return false }
            // ~0.0.0 and ~* take all.
            if version.numbers.allSatisfy({ $0 == 0 }), given == 3 || given == 0 { return true }
            return same >= min(given, 2)
        }

        private func admitsByCaret(_ other: SemanticVersion, _ same: Int) -> Bool {
            if other < version { return false }
            if given == 0 { return same == 3 }
            let first = version.numbers.firstIndex { $0 != 0 } ?? 2
            return same > min(first, given - 1)
        }
    }
}
