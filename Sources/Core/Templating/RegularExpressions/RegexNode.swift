/// A regular expression as a tree.
indirect enum RegexNode {
    case empty
    case scalar(UInt32)
    case scalars(ScalarClass)
    case anyScalar
    case anyButNewline
    case assertion(RegexAssertion)
    case capture(Int, RegexNode)
    case sequence([RegexNode])
    case alternatives([RegexNode])
    /// `max` nil: without end.
    case repetition(RegexNode, min: Int, max: Int?, isGreedy: Bool)

    /// Whether it matches the empty text somewhere.
    var isNullable: Bool {
        switch self {
        case .empty, .assertion: true
        case .scalar, .scalars, .anyScalar, .anyButNewline: false
        case .capture(_, let inner): inner.isNullable
        case .sequence(let parts): parts.allSatisfy(\.isNullable)
        case .alternatives(let choices): choices.contains(where: \.isNullable)
        case .repetition(let inner, let min, _, _): min == 0 || inner.isNullable
        }
    }
}

/// What holds between two letters.
enum RegexAssertion {
    case lineStart, lineEnd, textStart, textEnd, wordBoundary, noWordBoundary
}

/// What is wrong with an expression, in the words of Go's `regexp/syntax`.
struct RegexError: Error {
    let message: String
    /// Ours and not Go's: the expression is larger than a rendering may hold.
    var isLimit = false

    init(_ reason: String, _ part: some Collection<UInt8>) {
        message = "error parsing regexp: \(reason): `\(GoText.text(part))`"
    }

    init(limit message: String) {
        self.message = message
        isLimit = true
    }
}
