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
            to: builder.router, database: database, rootKeys: rootKeys, auditDays: configuration.auditDays,
            connector: OutgoingClient(rules: configuration.storeAddresses))
        builder.run("secret stores", StoreKeeper(stores: stores, logger: builder.logger))
    }

    @discardableResult
    static func addRoutes(
        to router: RoomRouter, database: PostgresPool, rootKeys: RootKeys, auditDays: Int,
        connector: any OutgoingConnector = OutgoingClient(rules: OutgoingRules()), limits: VaultLimits = VaultLimits()
    ) -> StoreDesk {
        let keyring = Keyring(rootKeys: rootKeys)
        let grants = GrantDesk(database: database, auditDays: auditDays)
        let stores = StoreDesk(database: database, keyring: keyring, connector: connector, limits: limits)
        let secrets = SecretDesk(database: database, keyring: keyring, stores: stores)
        GrantRoutes(grants: grants).add(to: router)
        SecretRoutes(secrets: secrets).add(to: router)
        SealRoutes(seals: SealDesk(database: database, keyring: keyring)).add(to: router)
        StoreRoutes(stores: stores).add(to: router)
        return stores
    }
}
