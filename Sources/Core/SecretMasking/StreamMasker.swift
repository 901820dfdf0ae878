/// Replaces secrets in a stream of bytes, however it is cut into chunks, and a secret that spans lines too. Holds back only
/// what may still become a secret: at most `SecretForms.maximumLength` bytes.
package struct StreamMasker: Sendable {
    /// What stands for one secret, or for several that touch.
    package static let mask = "******"

    private var patterns: SecretPatterns
    private var state: Int32 = 0
    /// Bytes that are not given out yet.
    private var pending: [UInt8] = []
    /// Parts of `pending` that are secret: ascending, apart from each other.
    private var covered: [Range<Int>] = []
    /// Whether the byte given out last was secret, so that a run of them becomes one mask.
    private var lastWasCovered = false

    package init(_ patterns: SecretPatterns) { self.patterns = patterns }

    /// The bytes that are safe now, masked.
    package mutating func mask(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        for byte in bytes {
            pending.append(byte)
            state = patterns.next(state, byte)
            let length = patterns.match(state)
            if length > 0 { cover((pending.count - length)..<pending.count) }
            // Giving out in larger steps keeps the cost of moving the rest linear.
            if pending.count - patterns.depth(state) >= 16_384 { release(pending.count - patterns.depth(state), into: &out) }
        }
        release(pending.count - patterns.depth(state), into: &out)
        return out
    }

    /// The rest: nothing follows that could complete a secret.
    package mutating func finish() -> [UInt8] {
        var out: [UInt8] = []
        release(pending.count, into: &out)
        state = 0
        lastWasCovered = false
        return out
    }

    /// Uses other patterns from the next byte on; returns what the present ones held back.
    package mutating func use(_ patterns: SecretPatterns) -> [UInt8] {
        let rest = finish()
        self.patterns = patterns
        return rest
    }

    private mutating func cover(_ range: Range<Int>) {
        var range = range
        while let last = covered.last, last.upperBound >= range.lowerBound {
            range = min(last.lowerBound, range.lowerBound)..<range.upperBound
            covered.removeLast()
        }
        covered.append(range)
    }

    private mutating func release(_ count: Int, into out: inout [UInt8]) {
        guard count > 0 else { return }
        var position = 0
        for range in covered {
            guard range.lowerBound < count else { break }
            if position < range.lowerBound {
                out += pending[position..<range.lowerBound]
                lastWasCovered = false
            }
            if !lastWasCovered { out += Self.mask.utf8 }
            lastWasCovered = true
            position = min(range.upperBound, count)
        }
        if position < count {
            out += pending[position..<count]
            lastWasCovered = false
        }
        pending.removeFirst(count)
        covered = covered.compactMap { $0.upperBound > count ? max(0, $0.lowerBound - count)..<($0.upperBound - count) : nil }
    }
}

extension SecretPatterns {
    /// A whole text, masked: for messages, which are not streams.
    package func masking(_ text: String) -> String {
        if isEmpty { return text }
        var masker = StreamMasker(self)
        return String(decoding: masker.mask(text.utf8) + masker.finish(), as: UTF8.self)
    }
}
