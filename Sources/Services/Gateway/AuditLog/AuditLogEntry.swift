import PlatformModel

/// Contract: AuditLogEntry, and ours beside it: what was done as what, with which token, and whether it was.
struct AuditLogEntry: Sendable, Hashable, Encodable {
    var id: String
    var at: Timestamp
    var orgID: String
    var actor: String
    var method: String?
    var path: String?
    var status: Int?
    var action: String
    var outcome: String
    var tokenID: String?
    var requestID: String?
    var object: String?
    var details: JSON

    /// What the contract asks for is there also where there was no request: empty, and 0.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(at, forKey: .at)
        try container.encode(orgID, forKey: .orgID)
        try container.encode(actor, forKey: .actor)
        try container.encode(method ?? "", forKey: .method)
        try container.encode(path ?? "", forKey: .path)
        try container.encode(status ?? 0, forKey: .status)
        try container.encode(action, forKey: .action)
        try container.encode(outcome, forKey: .outcome)
        try container.encodeIfPresent(tokenID, forKey: .tokenID)
        try container.encodeIfPresent(requestID, forKey: .requestID)
        try container.encodeIfPresent(object, forKey: .object)
        try container.encode(details, forKey: .details)
    }

    private enum CodingKeys: String, CodingKey {
        case id, at, action, outcome, object, details
        case orgID = "org_id"
        case actor = "user_id"
        case method = "request_method"
        case path = "request_path"
        case status = "response_status"
        case tokenID = "token_id"
        case requestID = "request_id"
    }
}
