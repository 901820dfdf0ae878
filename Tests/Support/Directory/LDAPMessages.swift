/// What a client of LDAP said in clear (RFC 4511 section 4.1.1), as far as a capture needs to know it.
package enum LDAPMessages {
    package static let unbindRequest: UInt8 = 0x42
    package static let bindRequest: UInt8 = 0x60
    package static let extendedRequest: UInt8 = 0x77

    /// The kind of each message, by the tag of its operation. Nil when the bytes are not a row of whole messages.
    package static func kinds(in bytes: [UInt8]) -> [UInt8]? {
        var kinds: [UInt8] = [], rest = bytes[...]
        while !rest.isEmpty {
            guard rest.popFirst() == 0x30, let length = length(&rest), rest.count >= length else { return nil }
            var message = rest.prefix(length)
            rest = rest.dropFirst(length)
            guard message.popFirst() == 0x02, let width = Self.length(&message) else { return nil }
            guard let kind = message.dropFirst(width).first else { return nil }
            kinds.append(kind)
        }
        return kinds
    }

    private static func length(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let first = bytes.popFirst() else { return nil }
        guard first >= 0x80 else { return Int(first) }
        var length = 0
        for _ in 0..<(first & 0x7f) {
            guard let byte = bytes.popFirst(), length < 1 << 24 else { return nil }
            length = length << 8 | Int(byte)
        }
        return length
    }

    /// An answer to the first message that refuses StartTLS, as a server without it, or somebody in between, would give: the operation
    /// is not known (protocolError).
    package static let refusalOfStartTLS: [UInt8] = [
        0x30, 0x0c, 0x02, 0x01, 0x01, 0x78, 0x07, 0x0a, 0x01, 0x02, 0x04, 0x00, 0x04, 0x00,
    ]
}
