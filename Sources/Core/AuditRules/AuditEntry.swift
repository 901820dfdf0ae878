import PlatformModel

/// What is put on record: who did what, or was refused it. Never with a secret's value.
package struct AuditEntry: Sendable, Hashable {
    package enum Outcome: String, Sendable, Hashable, CaseIterable {
        case done, refused
        /// An answer of 500 or more: what became of it may not be known.
        case failed
        /// A secret's value was given out.
        case read
    }

    /// nil: of no organisation. Only the machine's administrators see it.
    package var orgID: String?
    /// `user:<id>`, `service:<id>`, `room:<name>`, `root` or `nobody`.
    package var actor: String
    /// The session or static token that the actor came with: its id.
    package var tokenID: String?
    /// The name of the public route's action, or the room's own word: `secret.read`.
    package var action: String
    package var outcome: Outcome
    package var method: String?
    package var path: String?
    package var status: Int?
    package var requestID: String?
    /// What it was about, where the path does not say it.
    package var object: String?
    /// Beyond 4 KiB they are left out.
    package var details: [String: JSON]

    package init(
        orgID: String? = nil, actor: String, tokenID: String? = nil, action: String, outcome: Outcome = .done,
        method: String? = nil,
        path: String? = nil, status: Int? = nil, requestID: String? = nil, object: String? = nil, details: [String: JSON] = [:]
    ) {
        self.orgID = orgID
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

    /// As `audit.append` takes it.
    package var row: JSON {
        var row: [String: JSON] = [
            "actor": .string(Self.storable(actor)), "action": .string(action), "outcome": .string(outcome.rawValue),
            "details": Self.storable(.object(details)),
        ]
        row["org_id"] = orgID.map { .string(Self.storable($0)) }
        row["token_id"] = tokenID.map { .string($0) }
        row["method"] = method.map { .string($0) }
        row["path"] = path.map { .string(Self.storable($0)) }
        row["status"] = status.map { .int(Int64($0)) }
        row["request_id"] = requestID.map { .string(Self.storable($0)) }
        row["object"] = object.map { .string(Self.storable($0)) }
        return .object(row)
    }

    /// PostgreSQL's texts hold no NUL; what somebody sent with one is on record all the same.
    private static func storable(_ text: String) -> String {
        text.utf8.contains(0) ? String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\0" ? "\u{fffd}" : $0 })) : text
    }

    private static func storable(_ value: JSON) -> JSON {
        switch value {
        case .string(let text): .string(storable(text))
        case .array(let elements): .array(elements.map(storable))
        case .object(let members):
            .object(Dictionary(members.map { (storable($0.key), storable($0.value)) }, uniquingKeysWith: { first, _ in first }))
        case .null, .bool, .int, .double: value
        }
    }
}
