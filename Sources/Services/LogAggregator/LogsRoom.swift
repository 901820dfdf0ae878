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
        let fullness = FullnessSignal { [metrics = builder.metrics] lines in
            metrics.count(
                "martlet_log_lines_left_out_total", help: "Log lines that their organization's limit had no room for.",
                by: Double(lines))
        }
        builder.run(
            "retention",
            RetentionSweeper(
                database: database, settings: configuration.retention, logger: builder.logger, fullness: fullness))
        builder.check("database") { try await database.checkSchema() }
        addRoutes(to: builder.router, database: database, signals: signals, fullness: fullness)
    }

    static func addRoutes(
        to router: RoomRouter, database: PostgresPool, signals: ChannelSignals, fullness: FullnessSignal = FullnessSignal()
    ) {
        IngestRoutes(
            desk: IngestDesk(database: database, fullness: fullness), endings: EndingDesk(database: database)
        ).add(to: router)
        LogRoutes(database: database, tail: LogTail(database: database, signals: signals)).add(to: router)
    }
}
