/// A ustar archive in memory, for images that are built in a test.
package struct TarArchive: Sendable {
    private var blocks: [UInt8] = []

    package init() {}

    /// The finished archive: two empty blocks end it.
    package var bytes: [UInt8] { blocks + [UInt8](repeating: 0, count: 1024) }

    package mutating func file(_ path: String, _ contents: [UInt8], mode: Int = 0o755) {
        header(path, size: contents.count, mode: mode, type: "0", link: "")
        blocks += contents
        blocks += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    package mutating func folder(_ path: String, mode: Int = 0o755) {
        header(path + "/", size: 0, mode: mode, type: "5", link: "")
    }

    package mutating func link(_ path: String, to target: String) { header(path, size: 0, mode: 0o777, type: "2", link: target) }

    /// Whatever somebody may write: any name, any type of entry.
    package mutating func raw(_ path: String, type: Character, link: String = "", contents: [UInt8] = [], mode: Int = 0o644) {
        header(path, size: contents.count, mode: mode, type: type, link: link)
        blocks += contents
        blocks += [UInt8](repeating: 0, count: (512 - contents.count % 512) % 512)
    }

    private mutating func header(_ path: String, size: Int, mode: Int, type: Character, link: String) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int, _ length: Int) {
            for (index, byte) in text.utf8.prefix(length).enumerated() { block[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        put(path, at: 0, 100)
        put(octal(mode, 7), at: 100, 7)
        put(octal(0, 7), at: 108, 7)
        put(octal(0, 7), at: 116, 7)
        put(octal(size, 11), at: 124, 11)
        put(octal(0, 11), at: 136, 11)
        put("        ", at: 148, 8)
        put(String(type), at: 156, 1)
        put(link, at: 157, 100)
        put("ustar", at: 257, 5)
        put("00", at: 263, 2)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6), at: 148, 6)
        block[154] = 0
        block[155] = UInt8(ascii: " ")
        blocks += block
    }
}
