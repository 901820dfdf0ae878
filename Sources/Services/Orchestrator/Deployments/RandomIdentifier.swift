/// Ids that the server gives: hex digits from the system's generator.
enum RandomIdentifier {
    /// 16 hex digits, as the reference's deployment ids.
    static func short() -> String { hex(words: 1) }

    /// 32 hex digits.
    static func long() -> String { hex(words: 2) }

    private static func hex(words: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<words).map { _ in
            let text = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        .joined()
    }
}
