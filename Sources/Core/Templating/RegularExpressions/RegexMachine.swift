/// Runs a program over a text in time proportional to both: all ways to match go forward together, the preferred ones first
/// (Pike's machine; leftmost-first, as Perl and Go answer).
struct RegexMachine {
    /// The threads at one position: their instructions in order of preference, each at most once.
    private struct Threads {
        var order: [Int] = []
        /// Where in `order` an instruction is, if it is there.
        var places: [Int]
        var captures: [Int]

        init(instructions: Int, slots: Int) {
            places = [Int](repeating: 0, count: instructions)
            captures = [Int](repeating: -1, count: instructions * slots)
        }

        /// Where it was put; nil when it was there already.
        mutating func insert(_ instruction: Int) -> Int? {
            let place = places[instruction]
            if place < order.count, order[place] == instruction { return nil }
            places[instruction] = order.count
            order.append(instruction)
            return order.count - 1
        }
    }

    private let program: RegexProgram
    private let text: GoString
    /// Two for each capture that is asked for, the whole match first.
    private let slots: Int
    private var current: Threads
    private var next: Threads
    private var captured: [Int]
    /// Instructions to visit; a negative one puts a slot back (its complement), to the value after it.
    private var stack: [Int] = []

    /// - Parameter captures: how many groups are asked for beside the whole match.
    init(_ program: RegexProgram, _ text: GoString, captures: Int) {
        self.program = program
        self.text = text
        slots = 2 * (captures + 1)
        current = Threads(instructions: program.instructions.count, slots: slots)
        next = current
        captured = [Int](repeating: -1, count: slots)
    }

    /// The slots of the first match that begins at or after `start`.
    /// - Parameter spend: told how many threads were advanced.
    mutating func match(from start: Int, spend: (Int) throws(FunctionFailure) -> Void) throws(FunctionFailure) -> [Int]? {
        current.order.removeAll(keepingCapacity: true)
        var position = start, matched: [Int]?
        while true {
            if current.order.isEmpty {
                if matched != nil { break }
                if let first = program.firstBytes {
                    let from = position
                    while position < text.count, !first[Int(text[position])] { position += 1 }
                    try spend((position - from) / 16)
                    if position == text.count { break }
                }
            }
            if matched == nil {
                for slot in captured.indices { captured[slot] = -1 }
                captured[0] = position
                add(0, at: position, toNext: false)
            }
            let (scalar, width) = scalar(at: position)
            try spend(1 + current.order.count)
            next.order.removeAll(keepingCapacity: true)
            advance(scalar, from: position, width: width, &matched)
            swap(&current, &next)
            if width == 0 { break }
            position += width
        }
        return matched
    }

    private func scalar(at position: Int) -> (UInt32, Int) {
        guard position < text.count else { return (.max, 0) }
        if text[position] < 0x80 { return (UInt32(text[position]), 1) }
        return GoText.decode(text, at: position).map { ($0.0.value, $0.1) } ?? (0xFFFD, 1)
    }

    private mutating func advance(_ scalar: UInt32, from position: Int, width: Int, _ matched: inout [Int]?) {
        for place in current.order.indices {
            let instruction = current.order[place], takes: Bool
            switch program.instructions[instruction] {
            case .match:
                var slots = Array(current.captures[(place * self.slots)..<((place + 1) * self.slots)])
                slots[1] = position
                matched = slots
                // The later ones are less preferred.
                return
            case .scalar(let wanted): takes = wanted == scalar
            case .scalars(let set): takes = width > 0 && program.classes[set].contains(scalar)
            case .anyScalar: takes = width > 0
            case .anyButNewline: takes = width > 0 && scalar != 0x0A
            case .assertion, .split, .jump, .save: takes = false
            }
            if takes {
                for slot in 0..<slots { captured[slot] = current.captures[place * slots + slot] }
                add(instruction + 1, at: position + width, toNext: true)
            }
        }
    }

    /// Adds an instruction and all that follows from it without a letter, in order of preference.
    private mutating func add(_ start: Int, at position: Int, toNext: Bool) {
        stack.append(start)
        while let instruction = stack.popLast() {
            if instruction < 0 {
                captured[~instruction] = stack.removeLast()
                continue
            }
            guard let place = toNext ? next.insert(instruction) : current.insert(instruction) else { continue }
            switch program.instructions[instruction] {
            case .jump(let target): stack.append(target)
            case .split(let first, let second):
                stack.append(second)
                stack.append(first)
            case .assertion(let assertion):
                if holds(assertion, at: position) { stack.append(instruction + 1) }
            case .save(let slot):
                if slot < slots {
                    stack.append(captured[slot])
                    stack.append(~slot)
                    captured[slot] = position
                }
                stack.append(instruction + 1)
            default:
                for slot in 0..<slots {
                    if toNext {
                        next.captures[place * slots + slot] = captured[slot]
                    } else {
                        current.captures[place * slots + slot] = captured[slot]
                    }
                }
            }
        }
    }

    private func holds(_ assertion: RegexAssertion, at position: Int) -> Bool {
        switch assertion {
        case .textStart: position == 0
        case .textEnd: position == text.count
        case .lineStart: position == 0 || text[position - 1] == 0x0A
        case .lineEnd: position == text.count || text[position] == 0x0A
        case .wordBoundary: isWord(at: position - 1) != isWord(at: position)
        case .noWordBoundary: isWord(at: position - 1) == isWord(at: position)
        }
    }

    private func isWord(at index: Int) -> Bool {
        guard text.indices.contains(index) else { return false }
        return RegexParser.isAlphanumeric(text[index]) || text[index] == UInt8(ascii: "_")
    }
}
