import FoundationEssentials
import Postgres
import TestSupport
import Testing

@Suite struct PrivatePostgresTests {
    @Test func everyCallerGetsADatabaseOfItsOwn() async throws {
        let first = try await PrivatePostgres.database(), second = try await PrivatePostgres.database()
        #expect(first.name != second.name)
        #expect(first.server.socketFolder == second.server.socketFolder)
    }

    @Test func aServerIsGoneWithItsLastReference() async throws {
        var server: PostgresServer? = try PostgresServer()
        try await server?.untilReady()
        let folder = try #require(server?.socketFolder)
        server = nil
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func aSecondServerAsksForPasswordsAndSpeaksTLS() async throws {
        let second = try await SecondPostgres.start()
        var configuration = second.configuration(user: second.administrator, password: second.password)
        configuration.dsn += " sslmode=require"
        let connection = try await PostgresConnection.connect(configuration)
        let row = try await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")[0]
        #expect(try row.bool("ssl"))
        await connection.close()
        configuration.password = "wrong"
        await #expect(throws: PostgresError.self) { try await PostgresConnection.connect(configuration) }
    }
}
