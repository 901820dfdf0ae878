/// A kept change to a set (contract: DeltaResponse).
package struct Delta: Sendable, Hashable, Codable {
    package var id: String
    package var metadata: DeltaMetadata
    package var content: DeltaContent

    package init(id: String, metadata: DeltaMetadata, content: DeltaContent) {
        self.id = id
        self.metadata = metadata
        self.content = content
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        metadata = try container.decode(DeltaMetadata.self, forKey: .metadata)
        content = try DeltaContent(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(metadata, forKey: .metadata)
    }

    private enum CodingKeys: String, CodingKey { case id, metadata }
}

/// What is known of a delta beside its content. `contributers` is the contract's spelling.
package struct DeltaMetadata: Sendable, Hashable, Codable {
    package var archived: Bool
    package var contributers: [String]
    package var createdAt: Timestamp
    package var createdBy: String
    package var envID: String?
    package var lastModifiedAt: Timestamp
    package var name: String?
    package var shared: Bool

    package init(
        archived: Bool = false, contributers: [String] = [], createdAt: Timestamp, createdBy: String, envID: String?,
        lastModifiedAt: Timestamp, name: String?, shared: Bool = false
    ) {
        self.archived = archived
        self.contributers = contributers
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.envID = envID
        self.lastModifiedAt = lastModifiedAt
        self.name = name
        self.shared = shared
    }

    private enum CodingKeys: String, CodingKey {
        case archived, contributers, name, shared
        case createdAt = "created_at"
        case createdBy = "created_by"
        case envID = "env_id"
        case lastModifiedAt = "last_modified_at"
    }
}
