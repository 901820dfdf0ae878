import PlatformModel
import YAML

/// One document of a file: what an object of the platform shall be.
struct EntityDocument: Sendable {
    var kind: EntityKind
    var id: String
    /// Of an environment.
    var appID: String?
    /// Of a class.
    var resourceType: String?
    /// The fields of the API's request.
    var entity: JSON
    var file: String
    var mark: YAMLMark

    /// `definition postgres-dev`, `environment shop/development`, `resource class postgres.large`.
    var title: String { "\(kind.words) \(appID.map { "\($0)/" } ?? "")\(resourceType.map { "\($0)." } ?? "")\(id)" }
}
