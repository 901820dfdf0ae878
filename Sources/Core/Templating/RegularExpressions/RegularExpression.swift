/// A compiled regular expression with Go's ways to use one.
struct RegularExpression {
    private let program: RegexProgram
    private let isEmpty: Bool
    private let captureNames: [String?]

    /// What is told of the work: threads advanced.
    typealias Spend = (Int) throws(FunctionFailure) -> Void

    /// Captures times instructions: what the machine holds for each position.
    private static let captureLimit = 500_000

    /// - Throws: `RegexError` in Go's words.
    init(_ text: GoString) throws(RegexError) {
        var parser = RegexParser(text)
        program = RegexProgram(try parser.parse())
        captureNames = parser.captureNames
        isEmpty = text.isEmpty
    }

    /// Instructions: what compiling it took.
    var size: Int { program.instructions.count }

    func matches(_ text: GoString, _ spend: Spend) throws(FunctionFailure) -> Bool {
        var machine = RegexMachine(program, text, captures: 0)
        return try machine.match(from: 0, spend: spend) != nil
    }

    /// The first match, nil when there is none.
    func find(_ text: GoString, _ spend: Spend) throws(FunctionFailure) -> GoString? {
        var machine = RegexMachine(program, text, captures: 0)
        return try machine.match(from: 0, spend: spend).map { Array(text[$0[0]..<$0[1]]) }
    }

    /// The matches that do not overlap, at most `limit`; negative is all. An empty match right after another does not count.
    func ranges(_ text: GoString, limit: Int, _ spend: Spend) throws(FunctionFailure) -> [Range<Int>] {
        var machine = RegexMachine(program, text, captures: 0)
        var found: [Range<Int>] = [], position = 0, end = -1
        while limit < 0 || found.count < limit, position <= text.count {
            guard let match = try machine.match(from: position, spend: spend) else { break }
            let range = match[0]..<match[1]
            var counts = true
            if range.upperBound == position {
                counts = range.lowerBound != end
                position += position < text.count ? Self.width(text, at: position) : 1
            } else {
                position = range.upperBound
            }
            end = range.upperBound
            if counts { found.append(range) }
        }
        return found
    }

    /// `regexp.Split`: at most `limit` pieces, the last one unsplit; negative is all.
    func split(_ text: GoString, limit: Int, _ spend: Spend) throws(FunctionFailure) -> [GoString]? {
        if limit == 0 { return nil }
        if !isEmpty, text.isEmpty { return [[]] }
        var pieces: [GoString] = [], start = 0, end = 0
        for range in try ranges(text, limit: limit, spend) {
            if limit > 0, pieces.count == limit - 1 { break }
            end = range.lowerBound
            if range.upperBound != 0 { pieces.append(Array(text[start..<end])) }
            start = range.upperBound
        }
        if end != text.count { pieces.append(Array(text[start...])) }
        return pieces
    }

    /// Every match replaced.
    /// - Parameters:
    ///   - isLiteral: `$1` and `${name}` stand for themselves.
    ///   - admit: told the size of the result, before it is made.
    func replace(
        _ text: GoString, with replacement: GoString, isLiteral: Bool, _ spend: Spend,
        admit: (Int) throws(FunctionFailure) -> Void
    ) throws(FunctionFailure) -> GoString {
        let pieces = isLiteral ? [.text(replacement)] : RegexReplacement.pieces(replacement, names: captureNames)
        let captures = pieces.map { if case .capture(let index) = $0 { index } else { 0 } }.max() ?? 0
        if captures > 0, captures * program.instructions.count > Self.captureLimit {
            throw FunctionFailure(limit: "a regular expression has too many groups for its size")
        }
        var machine = RegexMachine(program, text, captures: captures)
        var out = GoString(), copied = 0, position = 0
        while position <= text.count, let match = try machine.match(from: position, spend: spend) {
            out += text[copied..<match[0]]
            if match[1] > copied || match[0] == 0 {
                for piece in pieces {
                    switch piece {
                    case .text(let literal): out += literal
                    case .capture(let index):
                        if match[2 * index] >= 0, match[2 * index + 1] >= 0 {
                            out += text[match[2 * index]..<match[2 * index + 1]]
                        }
                    }
                }
                try admit(out.count)
            }
            copied = match[1]
            let width = position < text.count ? Self.width(text, at: position) : 1
            position = max(position + width > match[1] ? position + width : match[1], position + 1)
        }
        return out + text[copied...]
    }

    private static func width(_ text: GoString, at position: Int) -> Int { GoText.decode(text, at: position)?.1 ?? 1 }

    /// The text as an expression that matches it: `regexp.QuoteMeta`.
    static func quoted(_ text: GoString) -> GoString {
        text.flatMap { "\\.+*?()|[]{}^$".utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}

/// The text that takes a match's place: `$1`, `$name`, `${name}`, `$$`.
enum RegexReplacement {
    case text(GoString)
    case capture(Int)

    /// - Parameter names: of the captures, from 1.
    static func pieces(_ template: GoString, names: [String?]) -> [RegexReplacement] {
        var pieces: [RegexReplacement] = [], rest = template[...]
        while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
            pieces.append(.text(Array(rest[..<dollar])))
            rest = rest[(dollar + 1)...]
            if rest.first == UInt8(ascii: "$") {
                pieces.append(.text([UInt8(ascii: "$")]))
                rest = rest.dropFirst()
            } else if let (name, after) = reference(rest) {
                rest = after
                if let number = number(name) {
                    if number <= names.count { pieces.append(.capture(number)) }
                } else if let index = names.firstIndex(of: GoText.text(name)) {
                    pieces.append(.capture(index + 1))
                }
            } else {
                pieces.append(.text([UInt8(ascii: "$")]))
            }
        }
        return pieces + [.text(Array(rest))]
    }

    private static func reference(_ rest: ArraySlice<UInt8>) -> (GoString, ArraySlice<UInt8>)? {
        let isBraced = rest.first == UInt8(ascii: "{"), body = isBraced ? rest.dropFirst() : rest
        var end = body.startIndex
        while end < body.endIndex, let (scalar, width) = GoText.decode(body, at: end), Lexer.isAlphanumeric(scalar) {
            end += width
        }
        guard end > body.startIndex else { return nil }
        if isBraced {
            guard end < body.endIndex, body[end] == UInt8(ascii: "}") else { return nil }
            return (Array(body[..<end]), body[(end + 1)...])
        }
        return (Array(body[..<end]), body[end...])
    }

    private static func number(_ name: GoString) -> Int? {
        guard name.allSatisfy({ (0x30...0x39).contains($0) }), name.count < 10, name.count == 1 || name[0] != 0x30 else {
            return nil
        }
        return Int(GoText.text(name))
    }
}
