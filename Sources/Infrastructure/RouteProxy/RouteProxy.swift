import Dispatch
import Logging
import PlatformModel

/// The reverse proxy of a host's workloads: HAProxy, whose routes and servers change without a dropped request.
///
/// HAProxy itself is started and restarted by the host: `prepare()` first, then `haproxy -W -S <masterSocket> -f
/// <folder>/haproxy.cfg`. The truth is the folder's `state.json`; its map and configuration files follow from it and hold
/// everything, so a restarted HAProxy serves the same routes before anyone talks to it. The running HAProxy is brought in
/// line by comparing, never by remembering.
package final class RouteProxy: Sendable {
    package let configuration: RouteProxyConfiguration
    private let folder: RouteProxyFolder
    private let logger: Logger
    /// Files and HAProxy's sockets block, so they are used from here and not from the cooperative pool; one change at a time.
    private let queue = DispatchQueue(label: "martlet.route-proxy")

    package init(configuration: RouteProxyConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        folder = RouteProxyFolder(configuration: configuration)
    }

    /// Writes the files that HAProxy needs for its start, and the folder where it is not there. Keeps the routes that are there.
    package func prepare() async throws(RouteProxyError) {
        _ = try await perform { folder throws(RouteProxyError) in
            try DurableFile.makeFolder(folder.configuration.folder)
            return try folder.change { _ in }
        }
    }

    /// Adds or changes the route of its id. Live when this returns; `.taken` when the host or path belongs to another.
    package func setRoute(_ route: Route) async throws(RouteProxyError) {
        _ = try await perform { folder throws(RouteProxyError) in
            _ = try folder.change { table throws(RouteProxyError) in try table.set(route) }
            return try folder.apply()
        }
    }

    /// Removes a route; one that is not there is removed already.
    package func removeRoute(id: String) async throws(RouteProxyError) {
        _ = try await perform { folder throws(RouteProxyError) in
            _ = try folder.change { table in table.removeRoute(id: id) }
            return try folder.apply()
        }
    }

    package func route(id: String) async throws(RouteProxyError) -> Route? {
        try await perform { folder throws(RouteProxyError) in try folder.read().routes[id] }
    }

    /// What the running HAProxy has at the route's place, and what it should have: the name of a backend each. Nil when there is no such
    /// route on record.
    package func running(id: String) async throws(RouteProxyError) -> (place: String, actual: String?, wanted: String?)? {
        try await perform { folder throws(RouteProxyError) in
            let table = try folder.read()
            guard let route = table.routes[id] else { return nil }
            return (route.mapKey, try folder.observe().map[route.mapKey], table.map[route.mapKey])
        }
    }

    package func endpoints(of service: ServiceKey) async throws(RouteProxyError) -> [ServiceEndpoint] {
        try await perform { folder throws(RouteProxyError) in try folder.read().service(service)?.endpoints ?? [] }
    }

    /// Where a service answers from now on. When this returns the new endpoints take requests, those not named get no new
    /// one, and the requests that these had are done, or `draining` is over.
    package func setEndpoints(
        _ endpoints: [ServiceEndpoint], of service: ServiceKey, draining: Duration = .seconds(10)
    ) async throws(RouteProxyError) {
        let table = try await perform { folder throws(RouteProxyError) in
            let table = try folder.change { table throws(RouteProxyError) in try table.set(endpoints, of: service) }
            _ = try folder.apply()
            return table
        }
        guard let kept = table.service(service), let backend = kept.backend.map(RouteTable.name(ofBackend:)) else { return }
        let names = Set(kept.endpoints.map(\.serverName))
        let deadline = ContinuousClock.now + draining
        while ContinuousClock.now < deadline, !Task.isCancelled {
            let running = try await perform { folder throws(RouteProxyError) in try folder.observe() }
            let busy = running.servers.contains { $0.backend == backend && !names.contains($0.name) && $0.sessions > 0 }
            if !busy { break }
            try? await Task.sleep(for: .milliseconds(20))
        }
        _ = try await perform { folder throws(RouteProxyError) in try folder.apply() }
    }

    /// Makes the running HAProxy do what the state says, and returns how many commands were needed: 0 when it did already.
    package func reconcile() async throws(RouteProxyError) -> Int {
        try await perform { folder throws(RouteProxyError) in
            _ = try folder.change { _ in }
            return try folder.apply()
        }
    }

    /// Reconciles until cancelled. An HAProxy that is away is logged once, and once when it is back.
    package func run(every interval: Duration = .seconds(2)) async {
        var lastProblem: String?
        while !Task.isCancelled {
            do throws(RouteProxyError) {
                let count = try await reconcile()
                if count > 0 { logger.info("HAProxy was brought in line", metadata: ["commands": "\(count)"]) }
                if lastProblem != nil { logger.notice("HAProxy answers again") }
                lastProblem = nil
            } catch {
                if lastProblem != error.description {
                    logger.warning(
                        "the routes are not applied", metadata: ["code": "\(error.code)", "error": "\(error.message)"])
                }
                lastProblem = error.description
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }

    private func perform<Value: Sendable>(
        _ work: @escaping @Sendable (RouteProxyFolder) throws(RouteProxyError) -> Value
    ) async throws(RouteProxyError) -> Value {
        let folder = folder
        let result: Result<Value, RouteProxyError> = await withCheckedContinuation { continuation in
            queue.async {
                let result: Result<Value, RouteProxyError>
                do throws(RouteProxyError) { result = .success(try work(folder)) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }
}
