import TestSupport
import Testing

@testable import Postgres

/// A DSN that names a primary and its standby.
@Suite struct SeveralHostsTests {
    /// It takes the connection and says nothing, as a machine does that was switched off.
    @Test func aHostThatIsSilentKeepsNobodyFromTheNext() async throws {
        let folder = try TemporaryFolder("hosts"), database = try await PrivatePostgres.emptyDatabase()
        let silent = try ListeningSocket(unix: folder.file(".s.PGSQL.5432"))
        var configuration = PostgresConfiguration(
            dsn: "host=\(folder.path),\(database.server.socketFolder) dbname=\(database.name) user=postgres")
        configuration.connectTimeout = .seconds(10)
        let begun = ContinuousClock.now
        let connection = try await PostgresConnection.connect(configuration)
        #expect(ContinuousClock.now - begun >= .seconds(5), "its part of the time was the first one's")
        #expect(try await connection.query("SELECT 1 AS one").first?.int("one") == 1)
        await connection.close()
        withExtendedLifetime(silent) {}
    }

    @Test func eachHostHasItsOwnAddressAndPort() throws {
        let configuration = PostgresConfiguration(
            dsn: "host=a,b hostaddr=127.0.0.1,127.0.0.2 port=1,2 user=u target_session_attrs=read-write")
        let hosts = try configuration.connectionParameters().map { list in
            Dictionary(list.map { ($0.keyword, $0.value) }, uniquingKeysWith: { _, new in new })
        }
        #expect(hosts.map { $0["host"] } == ["a", "b"] && hosts.map { $0["hostaddr"] } == ["127.0.0.1", "127.0.0.2"])
        #expect(hosts.map { $0["port"] } == ["1", "2"])
        #expect(hosts.allSatisfy { $0["user"] == "u" && $0["target_session_attrs"] == "read-write" })
        let shared = try PostgresConfiguration(dsn: "host=a,b port=1").connectionParameters()
        #expect(shared.count == 2 && shared.allSatisfy { $0.contains { $0 == ("port", "1") } })
        #expect(try PostgresConfiguration(dsn: "host=a").connectionParameters().count == 1)
        #expect(try PostgresConfiguration(dsn: "host=a,b target_session_attrs=prefer-standby").connectionParameters().count == 1)
    }

    @Test(arguments: ["host=a,b port=1,2,3", "host=a,b hostaddr=127.0.0.1"])
    func listsOfDifferentLengths(_ dsn: String) {
        #expect(throws: PostgresError.self) { try PostgresConfiguration(dsn: dsn).connectionParameters() }
    }
}
