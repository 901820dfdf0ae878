/// A version by semver.org 2.0; a leading `v` and missing minor and patch numbers are accepted.
struct SemanticVersion: Sendable, Comparable {
    /// Major, minor, patch.
    var numbers: [Int64]
    var prerelease: [String] = []
    var metadata = ""
    /// As it was given.
    private(set) var original: String

    init(numbers: [Int64], original: String? = nil) {
        self.numbers = numbers
        self.original = original ?? numbers.map(String.init).joined(separator: ".")
    }

    /// - Throws: in the words of Masterminds/semver.
    init(_ text: String) throws(FunctionFailure) {
        let invalid = FunctionFailure("Invalid Semantic Version")
        original = text
        var rest = text[...]
        if rest.hasPrefix("v") { rest = rest.dropFirst() }
        if let plus = rest.firstIndex(of: "+") {
            metadata = String(rest[rest.index(after: plus)...])
            guard Self.isIdentifiers(metadata) else { throw invalid }
            rest = rest[..<plus]
        }
        if let dash = rest.firstIndex(of: "-") {
            let tail = String(rest[rest.index(after: dash)...])
            guard Self.isIdentifiers(tail) else { throw invalid }
            prerelease = tail.split(separator: ".").map(String.init)
            rest = rest[..<dash]
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), parts.allSatisfy(Self.isNumeric) else { throw invalid }
        numbers = []
        for part in parts {
            guard let number = Int64(part) else {
                throw FunctionFailure("Error parsing version segment: strconv.ParseUint: parsing \"\(part)\": value out of range")
            }
            numbers.append(number)
        }
        while numbers.count < 3 { numbers.append(0) }
        if prerelease.contains(where: { Self.isNumeric($0) && $0.utf8.count > 1 && $0.hasPrefix("0") }) {
            throw FunctionFailure("Version segment starts with 0")
        }
    }

    /// Precedence: metadata does not count, a pre-release comes before its release.
    static func < (left: SemanticVersion, right: SemanticVersion) -> Bool {
        if left.numbers != right.numbers { return left.numbers.lexicographicallyPrecedes(right.numbers) }
        if left.prerelease.isEmpty || right.prerelease.isEmpty { return !left.prerelease.isEmpty && right.prerelease.isEmpty }
        for (first, second) in zip(left.prerelease, right.prerelease) where first != second {
            switch (isNumeric(first), isNumeric(second)) {
            // Numbers without leading zeros: the longer one is the larger.
            case (true, true):
                return first.utf8.count == second.utf8.count
                    ? first.utf8.lexicographicallyPrecedes(second.utf8) : first.utf8.count < second.utf8.count
            case (true, false): return true
            case (false, true): return false
            case (false, false): return first.utf8.lexicographicallyPrecedes(second.utf8)
            }
        }
        return left.prerelease.count < right.prerelease.count
    }

    static func == (left: SemanticVersion, right: SemanticVersion) -> Bool {
        left.numbers == right.numbers && left.prerelease == right.prerelease
    }

    private static func isNumeric(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    private static func isIdentifiers(_ text: String) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { Character(Unicode.Scalar($0)).isASCIIWordOrHyphen }
        }
    }
}

extension Character {
    fileprivate var isASCIIWordOrHyphen: Bool { isASCII && (isLetter || isNumber || self == "-") }
}
