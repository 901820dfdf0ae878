/// The texts in which a secret value shows up in output: itself, escaped in JSON, percent-encoded, base64 at each of its
/// three alignments.
///
/// Values under 4 bytes are not masked, nor are the words of YAML: masking `80` or `true` everywhere hides the log and no secret.
enum SecretForms {
    static let minimumLength = 4
    private static let words: Set<String> = ["true", "false", "null", "none"]
    /// Longer forms are cut into pieces of this size, which bounds what a stream holds back.
    static let maximumLength = 4096

    /// - Parameter shortestLine: of a secret of several lines, each line of so many bytes counts by itself.
    static func all(of secret: String, shortestLine: Int = 8) -> Set<[UInt8]> {
        let raw = Array(secret.utf8)
        guard raw.count >= minimumLength, !words.contains(secret.lowercased()) else { return [] }
        var forms: Set<[UInt8]> = []
        func add(_ form: [UInt8]) {
            guard form.count >= minimumLength else { return }
            for piece in pieces(of: form) { forms.insert(piece) }
        }
        add(raw)
        // A key that is printed line by line, with a prefix or an indent, is found by its lines.
        let lines = raw.split { $0 == 0x0a || $0 == 0x0d }
        if lines.count > 1 {
            // The first and last line of a PEM file say what it is, as they do of a certificate that everybody may see.
            for line in lines where line.count >= shortestLine && !line.starts(with: "-----".utf8) { add(Array(line)) }
        }
        add(jsonEscaped(secret, escapingSlashes: false))
        add(jsonEscaped(secret, escapingSlashes: true))
        for (digits, space) in [("0123456789ABCDEF", "%20"), ("0123456789abcdef", "%20"), ("0123456789ABCDEF", "+")] {
            add(percentEncoded(raw, digits: Array(digits.utf8), space: Array(space.utf8)))
        }
        for alphabet in [base64, base64URL] {
            for offset in 0..<3 { add(base64Core(of: raw, offset: offset, alphabet: alphabet)) }
            add(base64Core(of: raw, offset: 0, isLast: true, alphabet: alphabet))
        }
        return forms
    }

    private static func pieces(of form: [UInt8]) -> [[UInt8]] {
        guard form.count > maximumLength else { return [form] }
        var pieces = stride(from: 0, to: form.count, by: maximumLength).map {
            Array(form[$0..<min($0 + maximumLength, form.count)])
        }
        // A short rest would match everywhere: its bytes are found by a piece that ends with them.
        if let last = pieces.last, last.count < 16 { pieces[pieces.count - 1] = Array(form.suffix(maximumLength)) }
        return pieces
    }

    private static func jsonEscaped(_ secret: String, escapingSlashes: Bool) -> [UInt8] {
        var out: [UInt8] = []
        for byte in secret.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out += #"\""#.utf8
            case UInt8(ascii: "\\"): out += #"\\"#.utf8
            case UInt8(ascii: "/") where escapingSlashes: out += #"\/"#.utf8
            case 0x0a: out += #"\n"#.utf8
            case 0x0d: out += #"\r"#.utf8
            case 0x09: out += #"\t"#.utf8
            case ..<0x20:
                let hex = Array("0123456789abcdef".utf8)
                out += #"\u00"#.utf8 + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        return out
    }

    private static func percentEncoded(_ raw: [UInt8], digits: [UInt8], space: [UInt8]) -> [UInt8] {
        raw.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [byte]
            case 0x20: space
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    private static let base64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let base64URL = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The characters that the value alone decides when `offset` bytes stand before it. With `isLast` also the last one as it is when
    /// nothing follows, so that a value that is encoded by itself goes as a whole but for its padding.
    private static func base64Core(of raw: [UInt8], offset: Int, isLast: Bool = false, alphabet: [UInt8]) -> [UInt8] {
        let start = (8 * offset + 5) / 6
        var out: [UInt8] = []
        out.reserveCapacity(4 * raw.count / 3 + 2)
        var rest = 0, bits = 0, sextet = 0
        for index in -offset..<raw.count {
            rest = rest << 8 | (index < 0 ? 0 : Int(raw[index]))
            bits += 8
            while bits >= 6 {
                bits -= 6
                if sextet >= start { out.append(alphabet[rest >> bits & 63]) }
                sextet += 1
            }
            rest &= 1 << bits - 1
        }
        if isLast, bits > 0 { out.append(alphabet[rest << (6 - bits) & 63]) }
        return out
    }
}
