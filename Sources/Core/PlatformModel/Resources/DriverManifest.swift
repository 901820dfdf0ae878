/// A piece of Kubernetes that a resource brings along (humanitec.md 3.1, 3.2).
package struct DriverManifest: Sendable, Hashable, Codable {
    /// `namespace`, `cluster`, `containers`, `volumes`.
    package var location: String
    package var data: JSON

    package static let locations = ["namespace", "cluster", "containers", "volumes"]

    package init(location: String, data: JSON) {
        self.location = location
        self.data = data
    }
}
