import Logging
import Postgres
import ServiceRuntime

/// The log aggregator: takes lines of containers and drivers, keeps them for a while, and shows them to those who may see them.
package enum LogsRoom {
    /// Adds the room's services, checks and routes.
    @Sendable package static func assemble(_ configuration: LogsConfiguration, _ builder: RoomBuilder) async throws {
        let database = PostgresPool(
            PostgresConfiguration(dsn: configuration.database, applicationName: builder.name), logger: builder.logger)
        let signals = ChannelSignals(channel: BatchStore.channel, database: database)
        builder.run("database", database)
        builder.run("log signals", signals)
        builder.run("retention", RetentionSweeper(database: database, settings: configuration.retention, logger: builder.logger))
        builder.check("database") { try await database.checkSchema() }
        addRoutes(to: builder.router, database: database, signals: signals)
    }

    static func addRoutes(to router: RoomRouter, database: PostgresPool, signals: ChannelSignals) {
        IngestRoutes(desk: IngestDesk(database: database), endings: EndingDesk(database: database)).add(to: router)
        LogRoutes(database: database, tail: LogTail(database: database, signals: signals)).add(to: router)
    }
}
