import Glibc
import Logging
import NIOCore
import NIOPosix
import ServiceAPI
import ServiceLifecycle
import UnixSignals

/// A room put together: its services in order, the server, and what watches them.
struct RoomAssembly: Sendable {
    /// Beyond the requests' grace: for the pools and loops to end, before they are cancelled.
    private static let margin = Duration.seconds(3)
    /// Beyond that: for what was cancelled to notice.
    private static let lastMargin = Duration.seconds(2)

    private let services: [ServiceGroupConfiguration.ServiceConfiguration]
    private let endings: [@Sendable () async -> Void]
    private let grace: Duration
    private let logger: Logger

    init(_ builder: RoomBuilder, inherited: InheritedSockets) {
        let readiness = Readiness(checks: builder.checks)
        let health = HealthRoutes(name: builder.name, readiness: readiness, metrics: builder.metrics)
        health.add(to: builder.router)
        for network in builder.network { health.addAlive(toNetwork: network.router) }
        let service = builder.service
        let own = RoomServer.Endpoint(
            .unix(path: service.socket, mode: service.socketMode, group: service.socketGroup), builder.router)
        let server = RoomServer(
            endpoints: [own] + builder.network.map { RoomServer.Endpoint($0.listener, $0.router) }, inherited: inherited,
            configuration: service, limits: builder.limits, logger: builder.logger)
        let watchdog = Watchdog(group: MultiThreadedEventLoopGroup.singleton, timeout: ServiceManager.watchdogTimeout)
        // Shut down in the reverse order: the herald says STOPPING, the server drains, then what its requests needed, last the watchdog.
        var services: [(name: String, service: any Service)] = watchdog.map { [("watchdog", $0)] } ?? []
        services += builder.services
        services.append(("server", server))
        let herald = Herald(
            server: server, readiness: readiness, logger: builder.logger, group: MultiThreadedEventLoopGroup.singleton,
            patience: service.shutdownGrace + Self.margin + Self.lastMargin)
        services.append(("herald", herald))
        self.services = services.map { .init(service: $0.service, serviceName: $0.name) }
        endings = builder.endings
        grace = service.shutdownGrace
        logger = builder.logger
    }

    /// Runs until a signal or a service ends it.
    func run() async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace + Self.margin
        let group = ServiceGroup(configuration: configuration)
        do {
            try await group.run()
        } catch {
            await end()
            throw error
        }
        await end()
    }

    private func end() async {
        for ending in endings { await ending() }
        await RoomHTTP.shared.shutdown()
    }
}
