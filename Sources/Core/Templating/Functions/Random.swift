// Sprig: randomness, out of the byte source that the rendering was given.
extension FunctionTable {
    mutating func addRandom() {
        func addText(_ name: String, _ alphabet: String) {
            let letters = Array(alphabet.utf8)
            add(name, [.int]) { call throws(FunctionFailure) in
                let count = call.int(0)
                try call.state.admit(bytes: max(count, 0))
                try call.state.spend(max(count, 0))
                return .string((0..<max(count, 0)).map { _ in letters[Self.below(letters.count, call)] })
            }
        }
        let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower = "abcdefghijklmnopqrstuvwxyz", digits = "0123456789"
        addText("randAlphaNum", upper + lower + digits)
        addText("randAlpha", upper + lower)
        addText("randNumeric", digits)
        addText("randAscii", String(String.UnicodeScalarView((0x20...0x7E).map { Unicode.Scalar($0) })))
        add("randBytes", [.int]) { call throws(FunctionFailure) in
            let count = call.int(0)
            try call.state.admit(bytes: max(count, 0))
            return .string(RadixText.base64.encode(call.state.environment.randomBytes(max(count, 0))))
        }
        add("randInt", [.int, .int]) { call throws(FunctionFailure) in
            let (low, high) = (call.int(0), call.int(1))
            guard high > low, high - low <= Int(UInt32.max) else { throw FunctionFailure("invalid argument to Intn") }
            return .int(low + Self.below(high - low, call))
        }
        add("uuidv4") { call in
            var bytes = Array(call.state.environment.randomBytes(16).prefix(16))
            while bytes.count < 16 { bytes.append(0) }
            bytes[6] = bytes[6] & 0x0F | 0x40
            bytes[8] = bytes[8] & 0x3F | 0x80
            let hex = GoText.text(Self.hex(bytes)).map { $0 }
            let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }
            return .string(groups.joined(separator: "-"))
        }
        add("shuffle", [.string]) { call throws(FunctionFailure) in
            var letters = GoText.runes(call.string(0))
            try call.state.spend(letters.count)
            for index in letters.indices.reversed() { letters.swapAt(index, Self.below(index + 1, call)) }
            return .string(GoText.bytes(letters))
        }
    }

    /// Evenly from 0 to under `bound`: what would favour the small ones is drawn again.
    private static func below(_ bound: Int, _ call: FunctionCall) -> Int {
        let space = UInt64(1) << 32, fair = space - space % UInt64(bound)
        // A source that never gives a fair value is broken; the bias then is the least evil.
        var value: UInt64 = 0
        for _ in 0..<64 {
            value = call.state.environment.randomBytes(4).reduce(0) { $0 << 8 | UInt64($1) }
            if value < fair { break }
        }
        return Int(value % UInt64(bound))
    }
}
