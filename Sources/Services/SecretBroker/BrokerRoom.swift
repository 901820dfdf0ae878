import Logging
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
        addRoutes(to: builder.router, database: database, rootKeys: rootKeys, auditDays: configuration.auditDays)
    }

    static func addRoutes(to router: RoomRouter, database: PostgresPool, rootKeys: RootKeys, auditDays: Int) {
        let keyring = Keyring(rootKeys: rootKeys)
        let grants = GrantDesk(database: database, auditDays: auditDays)
        let secrets = SecretDesk(database: database, keyring: keyring)
        GrantRoutes(grants: grants).add(to: router)
        SecretRoutes(secrets: secrets).add(to: router)
        SealRoutes(seals: SealDesk(database: database, keyring: keyring)).add(to: router)
    }
}
