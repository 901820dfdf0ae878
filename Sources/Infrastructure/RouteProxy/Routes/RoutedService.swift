/// A service that has endpoints, routes or both.
struct RoutedService: Sendable, Hashable, Codable {
    var key: ServiceKey
    var endpoints: [ServiceEndpoint]
    /// The backend of the pool, while a route leads here.
    var backend: Int?
}
