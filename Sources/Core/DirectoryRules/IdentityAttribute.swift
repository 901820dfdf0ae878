/// The attribute that names a person for good: it stays when they are renamed, and is not given to the next one of that name.
package struct IdentityAttribute: Sendable, Hashable {
    package let name: String

    package init(_ name: String) { self.name = name }

    /// Active Directory's objectGUID is 16 bytes; what others have (entryUUID, nsUniqueId, ipaUniqueID) is text.
    private var isGUID: Bool { name.lowercased() == "objectguid" }

    /// How the value is written down; nil when it is none.
    package func text(of value: [UInt8]) -> String? {
        if isGUID { return Self.guid(value) }
        guard let text = String(validating: value, as: UTF8.self), !text.isEmpty, value.count <= 200 else { return nil }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x21 || $0.value == 0x7f }) else { return nil }
        // A UUID is the same in capitals (RFC 4530).
        return Self.bytes(ofUUID: text) == nil ? text : text.lowercased()
    }

    /// The filter that finds whoever has this id; nil for a text that can be nobody's.
    package func filter(for id: String) -> String? {
        if isGUID {
            guard let bytes = Self.bytes(ofUUID: id) else { return nil }
            return "(\(name)=\(FilterText.escape(bytes: Self.order.map { bytes[$0] })))"
        }
        guard text(of: Array(id.utf8)) == id else { return nil }
        return "(\(name)=\(FilterText.escape(id)))"
    }

    /// Its first three groups are little-endian (MS-DTYP 2.3.4); the permutation is its own inverse.
    private static let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

    private static func guid(_ value: [UInt8]) -> String? {
        guard value.count == 16 else { return nil }
        let digits = Array("0123456789abcdef")
        var text = ""
        for (index, from) in order.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(digits[Int(value[from] >> 4)])
            text.append(digits[Int(value[from] & 15)])
        }
        return text
    }

    private static func bytes(ofUUID text: String) -> [UInt8]? {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12] else { return nil }
        var nibbles: [UInt8] = []
        for character in groups.joined() {
            guard character.isASCII, let digit = character.hexDigitValue else { return nil }
            nibbles.append(UInt8(digit))
        }
        return stride(from: 0, to: 32, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
