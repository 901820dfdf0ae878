import PlatformModel

/// Fields one after the other, each with its length before it, so that two different lists never give the same bytes: what is
/// hashed for ids and digests.
struct FieldBytes {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ text: String) {
        addLength(text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ field: some Collection<UInt8>) {
        addLength(field.count)
        bytes.append(contentsOf: field)
    }

    mutating func add(_ document: JSON) { add(document.canonicalBytes) }

    mutating func add(_ identity: ResourceIdentity) {
        add(identity.type)
        add(identity.class)
        add(identity.id)
    }

    /// 64 hex digits.
    var digest: String { SHA256.hex(bytes) }

    private mutating func addLength(_ length: Int) {
        bytes.append(contentsOf: String(length).utf8)
        bytes.append(UInt8(ascii: ":"))
    }
}
