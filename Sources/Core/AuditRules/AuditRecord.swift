import PlatformModel

/// An entry as it stands in the log, every column of it but its place in the chain.
package struct AuditRecord: Sendable, Hashable {
    package var id: String
    package var orgID: String?
    package var at: Timestamp
    package var room: String
    package var actor: String
    package var tokenID: String?
    package var action: String
    package var outcome: String
    package var method: String?
    package var path: String?
    package var status: Int?
    package var requestID: String?
    package var object: String?
    /// JSON, as it was written.
    package var details: String

    package init(
        id: String, orgID: String? = nil, at: Timestamp, room: String, actor: String, tokenID: String? = nil, action: String,
        outcome: String, method: String? = nil, path: String? = nil, status: Int? = nil, requestID: String? = nil,
        object: String? = nil, details: String = "{}"
    ) {
        self.id = id
        self.orgID = orgID
        self.at = at
        self.room = room
        self.actor = actor
        self.tokenID = tokenID
        self.action = action
        self.outcome = outcome
        self.method = method
        self.path = path
        self.status = status
        self.requestID = requestID
        self.object = object
        self.details = details
    }

    /// SHA-256 over the place, the hash before and every column: what the next entry's hash is made from.
    ///
    /// - Parameter previous: 32 bytes; zeros before the first.
    package func hash(number: Int64, after previous: [UInt8]) -> [UInt8] {
        var bytes = CanonicalBytes("martlet audit entry 1")
        bytes.add(number)
        bytes.add(previous)
        bytes.add(at.milliseconds)
        for text in [
            id, orgID, room, actor, tokenID, action, outcome, method, path, status.map { String($0) }, requestID, object, details,
        ] {
            bytes.add(text)
        }
        return SHA256.digest(bytes.bytes)
    }
}

/// Values one after the other, each so that no other sequence of values gives the same bytes.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    init(_ purpose: String) { add(purpose) }

    mutating func add(_ number: Int64) { bytes += withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    mutating func add(_ value: [UInt8]) {
        add(Int64(value.count))
        bytes += value
    }

    /// What is absent is not what is empty.
    mutating func add(_ text: String?) {
        guard let text else { return add(-1) }
        add(Array(text.utf8))
    }
}
