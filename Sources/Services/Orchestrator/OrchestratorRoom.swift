import AccessControl
import Auditing
import Logging
import Postgres
import ServiceAPI
import ServiceRuntime

/// The orchestrator: decides, and touches nothing (architecture.md section 1).
package enum OrchestratorRoom {
    /// Adds the room's services, checks and routes.
    @Sendable package static func assemble(_ configuration: OrchestratorConfiguration, _ builder: RoomBuilder) async throws {
        var connections = PostgresConfiguration(dsn: configuration.database, applicationName: builder.name)
        connections.plansOnce = true
        let database = PostgresPool(connections, logger: builder.logger)
        let gateway = RoomClient(room: "gateway", socket: configuration.gatewaySocket)
        let runner = RoomClient(room: "runner", socket: configuration.runnerSocket)
        let broker = RoomClient(room: "broker", socket: configuration.brokerSocket)
        let logs = RoomClient(room: "logs", socket: configuration.logsSocket)
        let signals = ChannelSignals(channel: EventStore.channel, database: database)
        let plans = PlanCache()
        let control = RunControl(database: database, end: RunEnd(plans: plans))
        let order = RunnerOrder(runner: runner, broker: broker, logs: logs, database: database, control: control)
        let engine = engine(configuration, database, gateway, order, plans, builder.logger)
        builder.run("database", database)
        builder.run("event signals", signals)
        builder.run("engine", engine)
        let drift = DriftDesk(
            database: database, look: EnvironmentLook(runner: runner, broker: broker, database: database),
            standard: configuration.driftSchedule,
            logger: builder.logger)
        builder.run("drift", watch(configuration, database, drift, builder.logger))
        builder.run(
            "rollouts",
            RolloutEngine(
                database: database,
                worker: RolloutWorker(
                    database: database, intake: DeploymentIntake(database: database), access: PresentAccess(gateway: gateway)),
                owner: "\(configuration.host)/\(RandomIdentifier.short())", heartbeatSeconds: configuration.heartbeat,
                logger: builder.logger))
        builder.run(
            "secret removals",
            SecretRemovals(database: database, secrets: ValueSecrets(broker: broker), logger: builder.logger))
        builder.check("database") { try await database.checkSchema() }

        builder.run(
            "deleted organisations",
            OrganizationRemoval(
                database: database, rooms: [gateway, logs, runner, broker], control: control, logger: builder.logger))
        builder.run("held runs", HeldRuns(database: database, logger: builder.logger))
        let organizations = OrganizationDesk(database: database, logs: logs, standard: configuration.limits)
        let publicRoutes = PublicRoutes(
            database: database,
            handlers: handlers(
                database, broker, organizations,
                DeploymentIntake(
                    database: database, queueLength: configuration.queueLength,
                    timeoutSeconds: configuration.deploymentTimeout), configuration.driftSchedule,
                CollectionDesk(database: database, runner: runner, hours: configuration.collectionHours), control,
                PlanForesight(database: database, runner: runner, broker: broker)),
            requiresMatch: configuration.requiresMatch)
        builder.router.aroundAdmin = AdminAudit(RequestAudit(database))
        try publicRoutes.add(to: builder.router)
        EventRoutes(database: database, signals: signals).add(to: builder.router)
        AdminRoutes(desk: organizations).add(to: builder.router)
    }

    /// The handlers of every public JSON route of this room.
    static func handlers(
        _ database: PostgresPool, _ broker: RoomClient, _ organizations: OrganizationDesk, _ intake: DeploymentIntake,
        _ drift: DriftSchedule,
        _ collection: CollectionDesk, _ control: RunControl, _ foresight: PlanForesight
    ) -> [RouteHandler] {
        let deletion = DeletionDesk()
        let definitions = DefinitionDesk(database: database, secrets: DefinitionSecrets(broker: broker))
        return OrganizationRoutes.handlers(database) + LimitRoutes.handlers(database, organizations)
            + ApplianceRoutes.handlers(organizations)
            + DeletionRoutes.handlers(database, control) + ApplicationRoutes.handlers(database, deletion, control)
            + DefinitionVersionRoutes.handlers(database) + ProfileRoutes.handlers(database)
            + EnvironmentRoutes.handlers(database, deletion, control) + DefinitionRoutes.handlers(database, definitions)
            + ResourceTypeRoutes.handlers(database) + DriverRoutes.handlers(database) + DeltaRoutes.handlers(database)
            + DeploymentRoutes.handlers(database, intake, ScoreIntake()) + RunRoutes.handlers(database, control)
            + PlanRoutes.handlers(database, ScoreIntake(), foresight) + DriftRoutes.handlers(database, drift)
            + CollectionRoutes.handlers(database, collection) + RolloutRoutes.handlers(database)
            + SecretStoreRoutes.handlers(SecretStoreDesk(database: database, broker: broker))
            + AccountRoutes.handlers(AccountDesk(database: database, broker: broker))
            + ValueRoutes.handlers(database, ValueSecrets(broker: broker))
    }

    private static func watch(
        _ configuration: OrchestratorConfiguration, _ database: PostgresPool, _ desk: DriftDesk, _ logger: Logger
    ) -> DriftWatch {
        var limits = DriftWatch.Limits()
        limits.everyHours = configuration.driftHours
        limits.heartbeatSeconds = configuration.heartbeat
        limits.leaseSeconds = configuration.heartbeat * 2
        return DriftWatch(
            database: database, desk: desk, owner: "\(configuration.host)/\(RandomIdentifier.short())", limits: limits,
            logger: logger)
    }

    private static func engine(
        _ configuration: OrchestratorConfiguration, _ database: PostgresPool, _ gateway: RoomClient, _ order: RunnerOrder,
        _ plans: PlanCache, _ logger: Logger
    ) -> Engine {
        let places = EnginePlaces()
        let recorder = StepRecorder(database: database, plans: plans, places: places)
        let worker = StepWorker(
            database: database,
            resources: ResourceSteps(
                database: database, runner: order, orders: ProvisionOrders(database: database),
                destructions: DestructionOrders(database: database), recorder: recorder,
                timeoutSeconds: configuration.stepTimeout),
            workloads: WorkloadSteps(
                database: database, order: order, recorder: recorder, timeoutSeconds: configuration.stepTimeout),
            opening: StepOpening(
                database: database, access: PresentAccess(gateway: gateway), plans: plans,
                remembers: .milliseconds(configuration.accessMilliseconds)), recorder: recorder,
            control: order.control, logger: logger)
        var limits = Engine.Limits()
        limits.concurrent = configuration.concurrentSteps
        limits.bounds = configuration.bounds
        limits.heartbeatSeconds = configuration.heartbeat
        limits.leaseSeconds = configuration.heartbeat * 2
        return Engine(
            database: database, worker: worker, owner: "\(configuration.host)/\(RandomIdentifier.short())", limits: limits,
            places: places, logger: logger)
    }
}
