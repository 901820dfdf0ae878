/// A class of a resource type (contract: ResourceClassResponse): an entry of the catalogue that developers choose from. What makes a
/// resource of it is decided by the criteria of definitions alone.
package struct ResourceClass: Sendable, Hashable, Codable {
    package var id: String
    package var resourceType: String
    /// When it should be used; at most 1,024 characters.
    package var description: String
    package var createdBy: String
    package var createdAt: Timestamp

    package static let longestDescription = 1024

    package init(id: String, resourceType: String, description: String, createdBy: String, createdAt: Timestamp) {
        self.id = id
        self.resourceType = resourceType
        self.description = description
        self.createdBy = createdBy
        self.createdAt = createdAt
    }

    /// `^[a-z0-9][a-z0-9-]*[a-z0-9]$`, 2 to 63 characters (contract: ResourceClassRequest).
    package static func accepts(id: String) -> Bool {
        let bytes = Array(id.utf8), hyphen = UInt8(ascii: "-")
        return (2...63).contains(bytes.count) && bytes.first != hyphen && bytes.last != hyphen
            && bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == hyphen }
    }

    private enum CodingKeys: String, CodingKey {
        case id, description
        case resourceType = "resource_type"
        case createdBy = "created_by"
        case createdAt = "created_at"
    }
}
