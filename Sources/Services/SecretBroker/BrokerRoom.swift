import AuditSealing
import Auditing
import Logging
import Outgoing
import Postgres
import ServiceRuntime

/// The secret broker: the only room that holds plaintext secrets at rest, sealed, and decides who reads one (architecture.md
/// section 6).
package enum BrokerRoom {
    /// Adds the room's services, checks and routes.
    @Sendable package static func assemble(_ configuration: BrokerConfiguration, _ builder: RoomBuilder) async throws {
        let rootKeys = try RootKeys(file: configuration.rootKeyFile, retired: configuration.retiredRootKeyFiles)
        let database = PostgresPool(
            PostgresConfiguration(dsn: configuration.database, applicationName: builder.name), logger: builder.logger)
        builder.run("database", database)
        builder.check("database") { try await database.checkSchema() }
        builder.check("root key") { try await RootKeyStore.check(rootKeys, database) }
        let stores = addRoutes(
            to: builder.router, database: database, rootKeys: rootKeys,
            connector: OutgoingClient(rules: configuration.storeAddresses))
        builder.run("secret stores", StoreKeeper(stores: stores, logger: builder.logger))
        let sealer = try sealer(configuration, database, rootKeys, builder.logger)
        builder.run("audit log", sealer)
        builder.metrics.gauge(
            "martlet_audit_unsealed_seconds", help: "How long the oldest entry of the audit log has waited to be sealed."
        ) { sealer.behind }
    }

    private static func sealer(
        _ configuration: BrokerConfiguration, _ database: PostgresPool, _ rootKeys: RootKeys, _ logger: Logger
    ) throws -> AuditSealer {
        var limits = AuditSealer.Limits()
        limits.days = configuration.auditDays
        limits.keepsEvery = .seconds(configuration.auditHeadSeconds)
        let keys = try rootKeys.auditKeys()
        return AuditSealer(
            database: database, key: keys.current, retired: keys.retired, file: HeadFile(path: configuration.auditHeadsFile),
            limits: limits, logger: logger)
    }

    @discardableResult
    static func addRoutes(
        to router: RoomRouter, database: PostgresPool, rootKeys: RootKeys,
        connector: any OutgoingConnector = OutgoingClient(rules: OutgoingRules()), limits: VaultLimits = VaultLimits()
    ) -> StoreDesk {
        let keyring = Keyring(rootKeys: rootKeys)
        let grants = GrantDesk(database: database)
        let stores = StoreDesk(database: database, keyring: keyring, connector: connector, limits: limits)
        let secrets = SecretDesk(database: database, keyring: keyring, stores: stores)
        let audit = BrokerAudit(requests: RequestAudit(database))
        router.aroundAdmin = AdminAudit(RequestAudit(database))
        GrantRoutes(grants: grants).add(to: router)
        SecretRoutes(secrets: secrets, audit: audit).add(to: router)
        SealRoutes(seals: SealDesk(database: database, keyring: keyring)).add(to: router)
        StoreRoutes(stores: stores, audit: audit).add(to: router)
        return stores
    }
}
