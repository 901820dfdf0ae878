import PlatformModel
import ServiceAPI

/// Contract: SecretStoreResponse. Credentials are never in it.
struct SecretStorePicture: Encodable, Sendable {
    static let builtInID = "built-in"

    let id: String
    let primary: Bool
    let vault: JSON?
    /// The built-in one, by the contract's name for it.
    let humanitec: JSON?
    let createdAt: Timestamp
    let createdBy: String
    let updatedAt: Timestamp
    let updatedBy: String

    init(_ record: SecretStoreRecord) {
        id = record.id
        primary = false
        vault = record.vault
        humanitec = nil
        createdAt = record.createdAt
        createdBy = record.createdBy
        updatedAt = record.updatedAt
        updatedBy = record.updatedBy
    }

    init(builtInOf organization: Organization) {
        id = Self.builtInID
        primary = true
        vault = nil
        humanitec = [:]
        createdAt = organization.createdAt
        createdBy = organization.createdBy
        updatedAt = organization.createdAt
        updatedBy = organization.createdBy
    }

    private enum CodingKeys: String, CodingKey {
        case id, primary, vault, humanitec
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
    }
}
