import PlatformModel

/// What the sealer signs about the chain.
package struct AuditMark: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The chain went as far as this entry.
        case head
        /// The entries up to this one were dropped for their age; the chain begins behind it.
        case start
    }

    package var kind: Kind
    /// The entry's, from 1.
    package var number: Int64
    package var hash: [UInt8]
    package var at: Timestamp
    /// The public key, 32 bytes.
    package var key: [UInt8]
    package var signature: [UInt8]

    package init(kind: Kind, number: Int64, hash: [UInt8], at: Timestamp, key: [UInt8], signature: [UInt8] = []) {
        self.kind = kind
        self.number = number
        self.hash = hash
        self.at = at
        self.key = key
        self.signature = signature
    }

    /// What the signature is over.
    package var signedBytes: [UInt8] {
        var bytes = CanonicalBytes("martlet audit \(kind.rawValue) 1")
        bytes.add(number)
        bytes.add(hash)
        bytes.add(at.milliseconds)
        bytes.add(key)
        return bytes.bytes
    }

    /// One line of JSON, as it is kept outside the database.
    package var line: String {
        JSON.object([
            "kind": .string(kind.rawValue), "number": .int(number), "hash": .string(Hexadecimal.encode(hash)),
            "at": .string(at.description), "key": .string(Hexadecimal.encode(key)),
            "signature": .string(Hexadecimal.encode(signature)),
        ]).canonical
    }

    /// nil where the line is no mark.
    package init?(line: some StringProtocol) {
        guard let json = try? JSON.parse(String(line)), let kind = json["kind"]?.string.flatMap(Kind.init),
            let number = json["number"]?.int, let at = json["at"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        func bytes(_ key: String, _ count: Int) -> [UInt8]? {
            guard let bytes = json[key]?.string.flatMap({ Hexadecimal.decode($0) }), bytes.count == count else { return nil }
            return bytes
        }
        guard let hash = bytes("hash", 32), let key = bytes("key", 32), let signature = bytes("signature", 64) else { return nil }
        self.init(kind: kind, number: Int64(number), hash: hash, at: at, key: key, signature: signature)
    }
}
