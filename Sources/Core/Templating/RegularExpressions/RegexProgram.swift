/// A regular expression as instructions for `RegexMachine`.
struct RegexProgram {
    enum Instruction {
        case scalar(UInt32)
        case scalars(Int)
        case anyScalar
        case anyButNewline
        case assertion(RegexAssertion)
        /// The first is preferred.
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case match
    }

    private(set) var instructions: [Instruction] = []
    private(set) var classes: [ScalarClass] = []
    /// The bytes that a match can begin with; nil where it can be empty.
    private(set) var firstBytes: [Bool]?

    init(_ node: RegexNode) {
        emit(node)
        instructions.append(.match)
        firstBytes = possibleFirstBytes()
    }

    private mutating func emit(_ node: RegexNode) {
        switch node {
        case .empty: break
        case .scalar(let value): instructions.append(.scalar(value))
        case .anyScalar: instructions.append(.anyScalar)
        case .anyButNewline: instructions.append(.anyButNewline)
        case .assertion(let assertion): instructions.append(.assertion(assertion))
        case .scalars(let set):
            instructions.append(.scalars(classes.count))
            classes.append(set)
        case .capture(let index, let inner):
            instructions.append(.save(2 * index))
            emit(inner)
            instructions.append(.save(2 * index + 1))
        case .sequence(let parts):
            for part in parts { emit(part) }
        case .alternatives(let choices):
            var ends: [Int] = []
            for choice in choices.dropLast() {
                let split = reserve()
                emit(choice)
                ends.append(reserve())
                instructions[split] = .split(split + 1, instructions.count)
            }
            if let last = choices.last { emit(last) }
            for end in ends { instructions[end] = .jump(instructions.count) }
        case .repetition(let inner, let min, let max, let isGreedy): emit(inner, min: min, max: max, isGreedy: isGreedy)
        }
    }

    private mutating func reserve() -> Int {
        instructions.append(.jump(0))
        return instructions.count - 1
    }

    private mutating func emit(_ inner: RegexNode, min: Int, max: Int?, isGreedy: Bool) {
        guard let max else {
            if min == 0 { return emitStar(inner, isGreedy: isGreedy) }
            for _ in 0..<(min - 1) { emit(inner) }
            return emitPlus(inner, isGreedy: isGreedy)
        }
        for _ in 0..<min { emit(inner) }
        // x(x(x)?)?: who does not take one takes no later one.
        var splits: [Int] = []
        for _ in 0..<(max - min) {
            splits.append(reserve())
            emit(inner)
        }
        for split in splits { choose(at: split, split + 1, instructions.count, isGreedy: isGreedy) }
    }

    private mutating func choose(at index: Int, _ taken: Int, _ skipped: Int, isGreedy: Bool) {
        instructions[index] = isGreedy ? .split(taken, skipped) : .split(skipped, taken)
    }

    /// What can match the empty text is tried as (x+)?, so that the preferences come out as a backtracking engine has them.
    private mutating func emitStar(_ inner: RegexNode, isGreedy: Bool) {
        let split = reserve()
        if inner.isNullable {
            emitPlus(inner, isGreedy: isGreedy)
        } else {
            emit(inner)
            instructions.append(.jump(split))
        }
        choose(at: split, split + 1, instructions.count, isGreedy: isGreedy)
    }

    private mutating func emitPlus(_ inner: RegexNode, isGreedy: Bool) {
        let start = instructions.count
        emit(inner)
        let split = reserve()
        choose(at: split, start, instructions.count, isGreedy: isGreedy)
    }

    private func possibleFirstBytes() -> [Bool]? {
        var bytes = [Bool](repeating: false, count: 256), seen = [Bool](repeating: false, count: instructions.count)
        var queue = [0]
        while let index = queue.popLast() {
            if seen[index] { continue }
            seen[index] = true
            switch instructions[index] {
            case .match: return nil
            case .split(let first, let second): queue += [first, second]
            case .jump(let next): queue.append(next)
            case .save, .assertion: queue.append(index + 1)
            case .anyScalar, .anyButNewline: bytes = [Bool](repeating: true, count: 256)
            case .scalar(let value) where value < 0x80: bytes[Int(value)] = true
            case .scalar: for byte in 0x80...0xFF { bytes[byte] = true }
            case .scalars(let set):
                for byte in 0x80...0xFF { bytes[byte] = true }
                for byte in 0..<0x80 where classes[set].contains(UInt32(byte)) { bytes[byte] = true }
            }
        }
        return bytes
    }
}
