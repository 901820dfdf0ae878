import Postgres
import TestSupport
import Testing

@testable import AdminTool

@Suite struct ClusterStoreTests {
    /// Of a run that was killed the server goes on with its statement, and the next one comes while it does.
    @Test func severalMakeTheDatabaseAtOnce() async throws {
        let server = try PostgresServer()
        try await server.untilReady()
        let dsn = server.dsn()
        try await withThrowingDiscardingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask {
                    let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: dsn))
                    do {
                        try await ClusterStore.createDatabase("martlet", connection)
                        #expect(try await ClusterStore.facts(connection, database: "martlet").hasDatabase)
                    } catch { Issue.record("\(error)") }
                    await connection.close()
                }
            }
        }
    }
}
