import PlatformModel

/// Contract: ValueResponse. `updated_by` and `purged` are ours.
struct ValuePicture: Encodable {
    private let value: SharedValue

    init(_ value: SharedValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(value.key, forKey: .key)
        try container.encode(value.value ?? "", forKey: .value)
        try container.encode(value.isSecret, forKey: .isSecret)
        try container.encode(value.description, forKey: .description)
        try container.encode(value.createdAt, forKey: .createdAt)
        try container.encode(value.updatedAt, forKey: .updatedAt)
        try container.encode(value.level.source, forKey: .source)
        // Required, and null for what is no secret.
        try container.encode(value.reference?.ref, forKey: .secretKey)
        try container.encode(value.reference?.version, forKey: .secretVersion)
        try container.encode(value.reference?.store, forKey: .secretStoreID)
        try container.encode(value.updatedBy, forKey: .updatedBy)
        if value.isPurged { try container.encode(true, forKey: .purged) }
    }

    private enum CodingKeys: String, CodingKey {
        case key, value, description, source, purged
        case isSecret = "is_secret"
        case createdAt = "created_at"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
        case secretKey = "secret_key"
        case secretVersion = "secret_version"
        case secretStoreID = "secret_store_id"
    }
}

/// Contract: ValueSetVersionResponse.
struct ValueSetVersionPicture: Encodable {
    private struct Change: Encodable {
        var op: String
        var path: String
        var value: ValuePicture?
    }

    private let version: ValueSetVersion
    private let values: [String: ValuePicture]
    private let changes: [Change]

    /// - Parameter contents: of every item of the version and its changes.
    init(_ version: ValueSetVersion, _ contents: [String: SharedValue]) {
        self.version = version
        values = version.merged.compactMapValues { contents[$0].map { ValuePicture($0) } }
        changes = version.changes.map { change in
            Change(
                op: change.op.rawValue, path: JSONPointer(tokens: [change.key]).description,
                value: change.item.flatMap { contents[$0] }.map { ValuePicture($0) })
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version.id, forKey: .id)
        try container.encode(values, forKey: .values)
        try container.encode(changes, forKey: .change)
        try container.encode(version.comment, forKey: .comment)
        try container.encode(version.resultOf, forKey: .resultOf)
        try container.encode(version.sourceID, forKey: .sourceID)
        try container.encode(version.createdAt, forKey: .createdAt)
        try container.encode(version.createdBy, forKey: .createdBy)
        try container.encode(version.updatedAt, forKey: .updatedAt)
    }

    private enum CodingKeys: String, CodingKey {
        case id, values, change, comment
        case resultOf = "result_of"
        case sourceID = "source_value_set_version_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
    }
}
