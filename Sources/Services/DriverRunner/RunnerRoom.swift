import Cryptography
import DeployTargets
import Drivers
import Logging
import PlatformModel
import Postgres
import PureDrivers
import RouteProxy
import Sandbox
import ServiceAPI
import ServiceLifecycle
import ServiceRuntime
import Synchronization

/// The runner: the only room that starts processes or touches infrastructure (architecture.md section 1).
package enum RunnerRoom {
    /// Adds the room's services, checks and routes.
    @Sendable package static func assemble(_ configuration: RunnerConfiguration, _ builder: RoomBuilder) async throws {
        let logger = builder.logger
        let database = PostgresPool(
            PostgresConfiguration(dsn: configuration.database, applicationName: builder.name), logger: logger)
        let broker = RoomClient(room: "broker", socket: configuration.brokerSocket)
        let logs = RoomClient(room: "logs", socket: configuration.logsSocket)
        let owner = ActionOwner(host: configuration.host, process: try processName())
        let proxy = configuration.routes.map { RouteProxy(configuration: $0, logger: logger) }
        try await proxy?.prepare()

        let shelf = SecretShelf(broker: broker)
        let masks = WorkloadMasks()
        let refresher = WorkloadRefresher()
        let target = podman(configuration, proxy, refresher, logger)
        let workloads = WorkloadActions(
            target: target, shelf: shelf, database: database, masks: masks, host: configuration.host)
        refresher.use(workloads)
        let outbox = LogOutbox(logs: logs, source: "runner@\(owner)/drivers", logger: logger)
        let catalogue = drivers(proxy, target, configuration)
        let resources = ResourceActions(
            catalogue: catalogue, shelf: shelf, clock: Timestamp.now, randomBytes: SystemRandom.bytes,
            states: TerraformStates.ofActions(database, shelf, owner: owner))
        var limits = ActionDesk.Limits()
        limits.concurrent = configuration.concurrentActions
        limits.heartbeatSeconds = configuration.heartbeat
        limits.leaseSeconds = configuration.heartbeat * 2
        // Before the room cuts what still runs.
        limits.drainSeconds = max(configuration.service.shutdownGrace / .seconds(1) - 1, 0)
        let desk = ActionDesk(
            database: database, resources: resources, workloads: workloads,
            journal: DriverJournal(outbox: outbox, clock: Timestamp.now), owner: owner, limits: limits, logger: logger)

        builder.run("database", database)
        builder.run("driver lines", outbox)
        if let proxy { builder.run("routes", UntilShutdown { await proxy.run() }) }
        builder.run("containers", UntilShutdown { await target.run() })
        builder.run(
            "container output",
            OutputPump(
                target: target, workloads: workloads, logs: logs, database: database, host: configuration.host,
                source: "runner@\(owner)/containers", logger: logger))
        builder.run("actions", desk)
        builder.check("database") { try await database.checkSchema() }
        builder.check("isolation") { try target.checkIsolation() }
        ActionRoutes(desk: desk).add(to: builder.router)
        EnvironmentRoutes(database: database).add(to: builder.router)
        let inspection = InspectionDesk(
            resources: ResourceInspection(
                catalogue: catalogue, shelf: shelf, clock: Timestamp.now, randomBytes: SystemRandom.bytes,
                states: TerraformStates.readOnly(database, shelf)),
            workloads: WorkloadInspection(target: target, database: database),
            slots: AsyncSlots(InspectionDesk.concurrent))
        InspectionRoutes(desk: inspection).add(to: builder.router)
    }

    private static func podman(
        _ configuration: RunnerConfiguration, _ proxy: RouteProxy?, _ refresher: WorkloadRefresher, _ logger: Logger
    ) -> PodmanTarget {
        let hooks = PodmanTarget.Hooks(
            endpointsChanged: { key, endpoints in
                guard let proxy else { return }
                for (port, servers) in endpoints {
                    try await proxy.setEndpoints(
                        servers.map { ServiceEndpoint(address: $0.address, port: $0.port) },
                        of: ServiceKey(environment: key.environment, workload: key.workload, port: port))
                }
            },
            refresh: { try await refresher.refresh($0) })
        var settings = PodmanTarget.Configuration(
            id: configuration.host, socket: configuration.podmanSocket, secretsRoot: configuration.secretsRoot,
            outputRoot: configuration.outputRoot, probesRoot: configuration.probesRoot, martletEnv: configuration.martletEnv)
        settings.hostPorts = configuration.hostPorts
        return PodmanTarget(settings, hooks: hooks, logger: logger)
    }

    private static func drivers(
        _ proxy: RouteProxy?, _ target: PodmanTarget, _ configuration: RunnerConfiguration
    ) -> DriverCatalogue {
        let postgres = PostgresDriver { resource, environment in target.serverSockets(resource, in: environment) }
        var drivers: [any Driver] = [EchoDriver(), postgres, PostgresInstanceDriver(target: target), TemplateDriver()]
        if let proxy { drivers.append(RouteDriver(proxy: proxy)) }
        if let sandbox = configuration.sandbox {
            let launched = LaunchedSandbox(socket: sandbox.socket, jobs: sandbox.jobs)
            drivers.append(TerraformDriver(sandbox: launched, settings: configuration.terraform))
            let images = PodmanImageShelf(
                socket: configuration.podmanSocket, host: configuration.host, folder: configuration.exec.imagesFolder,
                limits: configuration.exec.images)
            drivers += ["exec", "container"].map {
                ExecDriver(name: $0, sandbox: launched, policy: configuration.exec.policy, images: images)
            }
        }
        return DriverCatalogue(drivers, connector: NetworkConnector(rules: configuration.driverAddresses))
    }

    private static func processName() throws -> String {
        Hexadecimal.encode(try RandomBytes.make(8))
    }
}

/// A loop that runs until the program is asked to end.
struct UntilShutdown: Service {
    let body: @Sendable () async -> Void

    init(_ body: @escaping @Sendable () async -> Void) { self.body = body }

    func run() async throws { await cancelWhenGracefulShutdown { await body() } }
}

/// Joins the deploy target to the actions that need it: the target asks for secrets by way of the actions.
final class WorkloadRefresher: Sendable {
    private let workloads = Mutex<WorkloadActions?>(nil)

    func use(_ actions: WorkloadActions) { workloads.withLock { $0 = actions } }

    func refresh(_ key: WorkloadKey) async throws -> WorkloadBundle? {
        try await workloads.withLock { $0 }?.refresh(key)
    }
}
