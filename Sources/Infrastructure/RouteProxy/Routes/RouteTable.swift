/// What the proxy should do: every route, every endpoint, and which backend of the pool serves which service. This is what
/// the state file holds; HAProxy's configuration and map follow from it.
struct RouteTable: Sendable, Hashable, Codable {
    /// Backends that the configuration declares.
    private(set) var pool: Int
    private(set) var routes: [String: Route] = [:]
    /// Sorted by key, so that equal tables give equal files.
    private(set) var services: [RoutedService] = []
    /// Where the search for a free backend starts: one that was just given back rests until the pool has gone round, so that
    /// an HAProxy that missed the change cannot lead the old route to the new service.
    private var nextBackend = 0

    init(pool: Int) { self.pool = pool }

    func service(_ key: ServiceKey) -> RoutedService? { services.first { $0.key == key } }

    /// The map's content: host and path -> backend.
    var map: [String: String] {
        var map: [String: String] = [:]
        let backends = Dictionary(services.map { ($0.key, $0.backend) }, uniquingKeysWith: { first, _ in first })
        for route in routes.values {
            if let backend = backends[route.service] ?? nil { map[route.mapKey] = Self.name(ofBackend: backend) }
        }
        return map
    }

    static func name(ofBackend index: Int) -> String { "b\(index)" }

    /// Adds or changes a route. A host belongs to the organisation that has a route on it: another's claim on any of its
    /// paths is refused, since `/login` on somebody's host is as good as the host.
    mutating func set(_ route: Route) throws(RouteProxyError) {
        let route = try route.normalized()
        for other in routes.values where other.id != route.id && other.host == route.host {
            if other.service.orgID != route.service.orgID {
                throw RouteProxyError(.taken, "RTE-201", "host '\(route.host)' is taken; choose another host")
            }
            if other.path == route.path {
                throw RouteProxyError(
                    .taken, "RTE-202", "host '\(route.host)' path '\(route.path)' is taken; choose another host or path")
            }
        }
        let before = routes.updateValue(route, forKey: route.id)
        giveBackend(to: route.service)
        if let before, before.service != route.service { settle(before.service) }
    }

    mutating func removeRoute(id: String) {
        guard let route = routes.removeValue(forKey: id) else { return }
        settle(route.service)
    }

    mutating func set(_ endpoints: [ServiceEndpoint], of key: ServiceKey) throws(RouteProxyError) {
        for endpoint in endpoints { try endpoint.validate() }
        let endpoints = Set(endpoints).sorted()
        if let index = services.firstIndex(where: { $0.key == key }) {
            services[index].endpoints = endpoints
        } else if !endpoints.isEmpty {
            insert(RoutedService(key: key, endpoints: endpoints, backend: nil))
        }
        settle(key)
    }

    /// Declares at least this many backends.
    mutating func grow(to pool: Int) { self.pool = max(self.pool, pool) }

    private mutating func insert(_ service: RoutedService) {
        services.insert(service, at: services.firstIndex { service.key < $0.key } ?? services.endIndex)
    }

    /// Gives a service a backend, the pool doubling when all are in use.
    private mutating func giveBackend(to key: ServiceKey) {
        if service(key) == nil { insert(RoutedService(key: key, endpoints: [], backend: nil)) }
        guard let index = services.firstIndex(where: { $0.key == key }), services[index].backend == nil else { return }
        let used = Set(services.compactMap(\.backend))
        if used.count >= pool { pool *= 2 }
        let backend = (0..<pool).map { (nextBackend + $0) % pool }.first { !used.contains($0) }
        services[index].backend = backend
        nextBackend = ((backend ?? 0) + 1) % pool
    }

    /// Takes the backend of a service that no route leads to, and forgets one that has no endpoints either.
    private mutating func settle(_ key: ServiceKey) {
        guard let index = services.firstIndex(where: { $0.key == key }) else { return }
        if routes.values.contains(where: { $0.service == key }) { return }
        services[index].backend = nil
        if services[index].endpoints.isEmpty { services.remove(at: index) }
    }
}
