/// Every form of every secret that may show up in a stream, as one automaton (Aho and Corasick, 1975): a byte costs the same
/// whatever the number of secrets. Immutable, so that many streams share it.
package struct SecretPatterns: Sendable {
    /// More states than secrets of a deployment need; about 16 bytes each.
    package static let maximumStates = 1 << 21

    // The edges of a state are a slice of `labels`, sorted; the start state has a table instead.
    private var firstEdge: [Int32] = [0]
    private var labels: [UInt8] = []
    private var targets: [Int32] = []
    private var start = [Int32](repeating: 0, count: 256)
    private var fallback: [Int32] = [0]
    private var depths: [Int32] = [0]
    /// The length of the longest form that ends in the state, 0 for none.
    private var matches: [Int32] = [0]

    /// No secret: masks nothing.
    package init() { firstEdge = [0, 0] }

    /// - Parameter shortestLine: of a secret of several lines, each line of so many bytes counts by itself.
    /// - Throws: when the forms of the secrets need more than `maximumStates`; nothing of such a stream may then be shown.
    package init(secrets: some Sequence<String>, shortestLine: Int = 8) throws(TooManySecrets) {
        let forms = Set(secrets.lazy.flatMap { SecretForms.all(of: $0, shortestLine: shortestLine) })
        guard forms.reduce(1, { $0 + $1.count }) <= Self.maximumStates else { throw TooManySecrets() }
        build(forms.sorted { $0.lexicographicallyPrecedes($1) })
    }

    package var isEmpty: Bool { depths.count == 1 }

    /// Whether some form of a secret stands in a text.
    package func occur(in text: String) -> Bool {
        if isEmpty { return false }
        var state: Int32 = 0
        for byte in text.utf8 {
            state = next(state, byte)
            if match(state) > 0 { return true }
        }
        return false
    }

    /// The state after one more byte.
    func next(_ state: Int32, _ byte: UInt8) -> Int32 {
        var state = state
        while state != 0 {
            if let target = child(of: state, byte) { return target }
            state = fallback[Int(state)]
        }
        return start[Int(byte)]
    }

    /// How many bytes back from here a form may have begun that is not complete yet.
    func depth(_ state: Int32) -> Int { Int(depths[Int(state)]) }

    /// How many bytes back from here belong to a form that ended here; 0 for none.
    func match(_ state: Int32) -> Int { Int(matches[Int(state)]) }

    private func child(of state: Int32, _ byte: UInt8) -> Int32? {
        var low = Int(firstEdge[Int(state)]), high = Int(firstEdge[Int(state) + 1])
        while low < high {
            let middle = (low + high) / 2
            if labels[middle] == byte { return targets[middle] }
            if labels[middle] < byte { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// Breadth first: a state is a range of the sorted forms that share its prefix, so its children are the runs of equal
    /// next bytes.
    private mutating func build(_ forms: [[UInt8]]) {
        firstEdge = []
        var ranges: [Range<Int>] = [forms.indices]
        var parents: [(state: Int32, byte: UInt8)] = [(0, 0)]
        var state = 0
        while state < ranges.count {
            let depth = Int(depths[state])
            var index = ranges[state].lowerBound
            let end = ranges[state].upperBound
            firstEdge.append(Int32(labels.count))
            if index < end, forms[index].count == depth {
                if depth > 0 { matches[state] = Int32(depth) }
                index += 1
            }
            while index < end {
                let byte = forms[index][depth]
                var stop = index + 1
                while stop < end, forms[stop][depth] == byte { stop += 1 }
                let child = Int32(ranges.count)
                labels.append(byte)
                targets.append(child)
                if state == 0 { start[Int(byte)] = child }
                ranges.append(index..<stop)
                parents.append((Int32(state), byte))
                depths.append(Int32(depth + 1))
                matches.append(0)
                fallback.append(0)
                index = stop
            }
            state += 1
        }
        firstEdge.append(Int32(labels.count))
        linkFallbacks(parents)
    }

    /// In order of depth, so that a shorter state's fallback is there when a longer one asks for it.
    private mutating func linkFallbacks(_ parents: [(state: Int32, byte: UInt8)]) {
        for state in parents.indices.dropFirst() {
            let (parent, byte) = parents[state]
            if parent != 0 { fallback[state] = next(fallback[Int(parent)], byte) }
            matches[state] = max(matches[state], matches[Int(fallback[state])])
        }
    }
}
