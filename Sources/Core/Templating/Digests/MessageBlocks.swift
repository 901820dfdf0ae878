/// A message in padded blocks of sixteen big-endian words, as SHA-1 and SHA-256 take it.
struct MessageBlocks: Sequence, IteratorProtocol {
    private let padded: [UInt8]
    private var position = 0

    init(_ message: [UInt8]) {
        var padded = message + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) { padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
        self.padded = padded
    }

    mutating func next() -> [UInt32]? {
        guard position < padded.count else { return nil }
        defer { position += 64 }
        return stride(from: position, to: position + 64, by: 4).map { offset in
            padded[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    static func bytes(_ word: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
    }
}
