/// An account that an organisation's drivers work with (contract: ResourceAccountResponse). Its credentials are the broker's.
package struct ResourceAccount: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var type: String
    /// Whether a definition or an active resource refers to it.
    package var isUsed: Bool
    package var createdBy: String
    package var createdAt: Timestamp

    package init(id: String, name: String, type: String, isUsed: Bool, createdBy: String, createdAt: Timestamp) {
        self.id = id
        self.name = name
        self.type = type
        self.isUsed = isUsed
        self.createdBy = createdBy
        self.createdAt = createdAt
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, type
        case isUsed = "is_used"
        case createdBy = "created_by"
        case createdAt = "created_at"
    }
}
