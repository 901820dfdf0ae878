/// Line and column of a byte in a text.
struct TextPosition {
    /// From 1.
    let line: Int
    /// From 0, in bytes, as Go counts.
    let column: Int

    init(offset: Int, in text: GoString) {
        let before = text.prefix(offset)
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        column = before.count - (before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    }
}
