import Logging
import NIOSSL
import ServiceLifecycle

/// What a room is put together from, between reading its file and running.
package final class RoomBuilder {
    /// `martlet-broker`.
    package let name: String
    package let service: ServiceConfiguration
    /// The routes of the Unix socket.
    package let router: RoomRouter
    package let metrics: MetricsRegistry
    package let logger: Logger
    package var limits = ServerLimits()

    private(set) var services: [(name: String, service: any Service)] = []
    private(set) var checks: [ReadinessCheck] = []
    private(set) var network: [(listener: Listener, router: RoomRouter)] = []
    private(set) var endings: [@Sendable () async -> Void] = []

    init(name: String, service: ServiceConfiguration, logger: Logger) {
        self.name = name
        self.service = service
        self.logger = logger
        metrics = MetricsRegistry()
        router = RoomRouter(admins: service.adminUIDs, metrics: metrics)
    }

    /// Runs a long-running service beside the server. Services start in this order, before the server, and are shut down after it in
    /// the reverse order. A service that ends before the shutdown ends the program.
    package func run(_ name: String, _ service: any Service) { services.append((name, service)) }

    /// Something without which this room cannot serve. The error's text is shown on `/readyz`.
    package func check(_ name: String, _ check: @escaping @Sendable () async throws -> Void) {
        checks.append(ReadinessCheck(name: name, check: check))
    }

    /// Listens for the network, too: TCP with TLS, on a socket that systemd passed under this name or on an address.
    ///
    /// - Returns: The router of the listener; its routes are in `network` groups.
    package func listen(_ name: String, host: String, port: Int, tls: TLSConfiguration) -> RoomRouter {
        let router = RoomRouter(admins: service.adminUIDs, metrics: metrics)
        network.append((.tls(name: name, host: host, port: port, configuration: tls), router))
        return router
    }

    /// Done last, after every service has ended.
    package func atEnd(_ body: @escaping @Sendable () async -> Void) { endings.append(body) }
}
