/// As much of BER (X.690) as LDAP messages need.
package enum BER {
    /// An element: its tag and its content.
    package struct Element: Sendable {
        package var tag: UInt8
        package var content: [UInt8]

        /// The elements in it.
        package var children: [Element] { BER.elements(content) }
        package var text: String { String(decoding: content, as: UTF8.self) }
        package var int: Int { content.reduce(0) { $0 << 8 | Int($1) } }
    }

    /// The whole elements at the beginning of some bytes.
    package static func elements(_ bytes: [UInt8]) -> [Element] {
        var rest = bytes, found: [Element] = []
        while let one = next(&rest) { found.append(one) }
        return found
    }

    /// Takes the first element; nil, and nothing is taken, when it is not there to its end.
    package static func next(_ bytes: inout [UInt8]) -> Element? {
        guard bytes.count >= 2 else { return nil }
        var length = Int(bytes[1]), start = 2
        if length >= 0x80 {
            let width = length & 0x7f
            guard width <= 4, bytes.count >= 2 + width else { return nil }
            length = bytes[2..<(2 + width)].reduce(0) { $0 << 8 | Int($1) }
            start += width
        }
        guard bytes.count >= start + length else { return nil }
        let element = Element(tag: bytes[0], content: Array(bytes[start..<(start + length)]))
        bytes.removeFirst(start + length)
        return element
    }

    package static func make(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag, 0x84] + (0..<4).reversed().map { UInt8(truncatingIfNeeded: content.count >> ($0 * 8)) } + content
    }

    package static func make(_ tag: UInt8, _ parts: [[UInt8]]) -> [UInt8] { make(tag, Array(parts.joined())) }

    package static func text(_ text: String) -> [UInt8] { make(0x04, Array(text.utf8)) }

    package static func int(_ value: Int, tag: UInt8 = 0x02) -> [UInt8] {
        make(tag, (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
}
