/// Reads a regular expression by the grammar of Go's `regexp` (RE2), with its Perl classes, groups and flags.
struct RegexParser {
    struct Flags {
        var foldsCase = false
        var linesAnchor = false
        var dotTakesNewline = false
        var swapsGreed = false
    }

    /// A part of the expression with what bounds it.
    private struct Part {
        var node: RegexNode
        var height = 1
        /// Instructions that it compiles to, at least.
        var size = 1
        /// The counts of the nested repetitions, multiplied.
        var repeats = 1
    }

    /// An open parenthesis.
    private struct Group {
        var alternatives: [Part] = []
        var sequence: [Part] = []
        /// Nil where it does not capture.
        var capture: Int?
        var flagsBefore: Flags
    }

    /// Go's own bounds of nesting and of a counted repetition; an expression's size is bounded tighter than Go's 3 million.
    private static let heightLimit = 1000, repeatLimit = 1000, sizeLimit = 100_000

    let text: GoString
    var position = 0
    var flags = Flags()
    private var groups: [Group] = []
    /// The sizes of all parts so far.
    private var size = 0
    /// The names of the captures, from 1; nil without a name.
    private(set) var captureNames: [String?] = []

    init(_ text: GoString) { self.text = text }

    /// - Throws: `RegexError` in Go's words.
    mutating func parse() throws(RegexError) -> RegexNode {
        groups = [Group(capture: nil, flagsBefore: flags)]
        /// Where the repetition before began, when one came before.
        var lastRepeat: Int?
        while let byte {
            let start = position
            lastRepeat = try element(byte, lastRepeat: lastRepeat) ? start : nil
            if size > Self.sizeLimit {
                throw RegexError(limit: "a regular expression is larger than \(Self.sizeLimit) instructions")
            }
        }
        if groups.count > 1 { throw RegexError("missing closing )", text) }
        return alternation(groups[0]).node
    }

    var byte: UInt8? { position < text.count ? text[position] : nil }

    func has(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { text[position...].starts(with: $0) }
    }

    /// One element; true when it was a repetition.
    private mutating func element(_ byte: UInt8, lastRepeat: Int?) throws(RegexError) -> Bool {
        switch byte {
        case UInt8(ascii: "("):
            if has("(?") { try openFlags() } else { open(capture: true) }
        case UInt8(ascii: "|"):
            position += 1
            groups[groups.count - 1].alternatives.append(Self.sequence(groups[groups.count - 1].sequence))
            groups[groups.count - 1].sequence = []
        case UInt8(ascii: ")"):
            try close()
        case UInt8(ascii: "^"): push(.assertion(flags.linesAnchor ? .lineStart : .textStart), skipping: 1)
        case UInt8(ascii: "$"): push(.assertion(flags.linesAnchor ? .lineEnd : .textEnd), skipping: 1)
        case UInt8(ascii: "."): push(flags.dotTakesNewline ? .anyScalar : .anyButNewline, skipping: 1)
        case UInt8(ascii: "["): push(.scalars(try parseClass()), skipping: 0)
        case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"):
            let start = position
            position += 1
            let min = byte == UInt8(ascii: "+") ? 1 : 0, max = byte == UInt8(ascii: "?") ? 1 : nil
            try repetition(min: min, max: max, isCounted: false, start: start, lastRepeat: lastRepeat)
            return true
        case UInt8(ascii: "{"):
            let start = position
            guard let (min, max) = counts() else {
                literal(0x7B)
                position += 1
                return false
            }
            if min < 0 || min > Self.repeatLimit || max ?? 0 > Self.repeatLimit || max.map({ min > $0 }) ?? false {
                throw RegexError("invalid repeat count", text[start..<position])
            }
            try repetition(min: min, max: max, isCounted: true, start: start, lastRepeat: lastRepeat)
            return true
        case UInt8(ascii: "\\"): try escaped()
        default: literal(try nextScalar())
        }
        return false
    }

    private mutating func push(_ node: RegexNode, skipping width: Int) {
        position += width
        size += 1
        groups[groups.count - 1].sequence.append(Part(node: node))
    }

    private mutating func literal(_ value: UInt32) {
        let orbit = flags.foldsCase ? CaseOrbits.orbit(of: value) : [value]
        push(
            orbit.count == 1 ? .scalar(value) : .scalars(ScalarClass([.init(content: .ranges(orbit.map { $0...$0 }))])),
            skipping: 0)
    }

    private mutating func open(capture: Bool, name: String? = nil, flagsBefore: Flags? = nil) {
        if name == nil, capture { position += 1 }
        if capture { captureNames.append(name) }
        groups.append(Group(capture: capture ? captureNames.count : nil, flagsBefore: flagsBefore ?? flags))
    }

    private mutating func close() throws(RegexError) {
        guard groups.count > 1, let group = groups.popLast() else { throw RegexError("unexpected )", text) }
        position += 1
        var part = alternation(group)
        flags = group.flagsBefore
        if let capture = group.capture {
            part.node = .capture(capture, part.node)
            part.height += 1
            part.size += 2
        }
        try admit(part)
        groups[groups.count - 1].sequence.append(part)
    }

    private static func sequence(_ parts: [Part]) -> Part {
        if parts.count == 1 { return parts[0] }
        return joined(parts, parts.isEmpty ? .empty : .sequence(parts.map(\.node)))
    }

    private func alternation(_ group: Group) -> Part {
        let last = Self.sequence(group.sequence)
        if group.alternatives.isEmpty { return last }
        let all = group.alternatives + [last]
        return Self.joined(all, .alternatives(all.map(\.node)))
    }

    private static func joined(_ parts: [Part], _ node: RegexNode) -> Part {
        Part(
            node: node, height: 1 + (parts.map(\.height).max() ?? 0), size: parts.reduce(1) { $0 + $1.size },
            repeats: parts.map(\.repeats).max() ?? 1)
    }

    private func admit(_ part: Part) throws(RegexError) {
        if part.height > Self.heightLimit { throw RegexError("expression nests too deeply", text) }
    }
}

// Repetitions, groups and flags.
extension RegexParser {
    private mutating func repetition(
        min: Int, max: Int?, isCounted: Bool, start: Int, lastRepeat: Int?
    ) throws(RegexError) {
        var isGreedy = !flags.swapsGreed
        if byte == UInt8(ascii: "?") {
            position += 1
            isGreedy.toggle()
        }
        if let lastRepeat { throw RegexError("invalid nested repetition operator", text[lastRepeat..<position]) }
        guard let part = groups[groups.count - 1].sequence.popLast() else {
            throw RegexError("missing argument to repetition operator", text[start..<position])
        }
        let count = max == 0 ? 0 : max ?? min
        var repeated = Part(node: .repetition(part.node, min: min, max: max, isGreedy: isGreedy), height: part.height + 1)
        repeated.size = part.size * Swift.max(max ?? min, 1) + 1 + (max.map { $0 - min } ?? 1)
        repeated.repeats = isCounted ? (max == 0 ? 1 : Swift.max(count, 1) * part.repeats) : part.repeats
        if isCounted, min >= 2 || max ?? 0 >= 2, repeated.repeats > Self.repeatLimit {
            throw RegexError("invalid repeat count", text[start..<position])
        }
        try admit(repeated)
        size += repeated.size - part.size
        groups[groups.count - 1].sequence.append(repeated)
    }

    /// `{2}`, `{2,}`, `{2,5}`; nil when it is none and the brace is a letter. -1 for what is too large.
    private mutating func counts() -> (Int, Int?)? {
        let start = position
        position += 1
        guard let min = count() else {
            position = start
            return nil
        }
        var max: Int? = min
        if byte == UInt8(ascii: ",") {
            position += 1
            max = nil
            if byte != UInt8(ascii: "}") {
                guard let given = count() else {
                    position = start
                    return nil
                }
                max = given
            }
        }
        guard byte == UInt8(ascii: "}") else {
            position = start
            return nil
        }
        position += 1
        return (max == -1 ? -1 : min, max)
    }

    private mutating func count() -> Int? {
        let digits = text[position...].prefix { (0x30...0x39).contains($0) }
        guard let first = digits.first, first != 0x30 || digits.count == 1 else { return nil }
        position += digits.count
        return digits.count > 8 ? -1 : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private mutating func openFlags() throws(RegexError) {
        if has("(?P<") && text.count - position > 4 { return try openNamed(nameAt: position + 4) }
        if has("(?<") && text.count - position > 3 { return try openNamed(nameAt: position + 3) }
        let start = position, flagsBefore = flags
        position += 2
        var isClearing = false, sawFlag = false, changed = flags
        while position < text.count {
            switch try nextScalar() {
            case 0x69: (changed.foldsCase, sawFlag) = (!isClearing, true)
            case 0x6D: (changed.linesAnchor, sawFlag) = (!isClearing, true)
            case 0x73: (changed.dotTakesNewline, sawFlag) = (!isClearing, true)
            case 0x55: (changed.swapsGreed, sawFlag) = (!isClearing, true)
            case 0x2D where !isClearing: (isClearing, sawFlag) = (true, false)
            case let end where (end == 0x3A || end == 0x29) && (!isClearing || sawFlag):
                if end == 0x3A { open(capture: false, flagsBefore: flagsBefore) }
                flags = changed
                return
            default: throw RegexError("invalid or unsupported Perl syntax", text[start..<position])
            }
        }
        throw RegexError("invalid or unsupported Perl syntax", text[start...])
    }

    private mutating func openNamed(nameAt: Int) throws(RegexError) {
        guard let end = text[position...].firstIndex(of: UInt8(ascii: ">")) else {
            try checkText(text[position...])
            throw RegexError("invalid named capture", text[position...])
        }
        try checkText(text[nameAt..<end])
        let name = GoText.text(text[nameAt..<end])
        let isName = !name.isEmpty && name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Self.isAlphanumeric($0) }
        guard isName else { throw RegexError("invalid named capture", text[position...end]) }
        position = end + 1
        open(capture: true, name: name)
    }

    private func checkText(_ part: ArraySlice<UInt8>) throws(RegexError) {
        var index = part.startIndex
        while index < part.endIndex {
            guard let (_, width) = GoText.decode(part, at: index) else {
                throw RegexError("invalid UTF-8", part[index...])
            }
            index += width
        }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    mutating func nextScalar() throws(RegexError) -> UInt32 {
        guard let (scalar, width) = GoText.decode(text, at: position) else {
            throw RegexError("invalid UTF-8", text[position...])
        }
        position += width
        return scalar.value
    }
}

// Escapes outside of brackets.
extension RegexParser {
    private mutating func escaped() throws(RegexError) {
        let after = position + 1 < text.count ? text[position + 1] : 0
        switch after {
        case UInt8(ascii: "A"): return push(.assertion(.textStart), skipping: 2)
        case UInt8(ascii: "z"): return push(.assertion(.textEnd), skipping: 2)
        case UInt8(ascii: "b"): return push(.assertion(.wordBoundary), skipping: 2)
        case UInt8(ascii: "B"): return push(.assertion(.noWordBoundary), skipping: 2)
        case UInt8(ascii: "C"): throw RegexError("invalid escape sequence", text[position..<(position + 2)])
        case UInt8(ascii: "Q"):
            position += 2
            while position < text.count, !has("\\E") { literal(try nextScalar()) }
            position = min(position + 2, text.count)
            return
        default: break
        }
        if let item = try escapedClass() { return push(.scalars(ScalarClass([item])), skipping: 0) }
        literal(try escape())
    }
}
