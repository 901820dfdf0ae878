import HTTPTypes
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct DatabaseAwayTests {
    /// Whoever asks meanwhile is told to try again, not that something is broken; and it goes on by itself.
    @Test func requestsAreToldToTryAgain() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let name = harness.database.name
            let administrator = try await PostgresConnection.connect(PostgresConfiguration(dsn: harness.database.server.dsn()))
            try await administrator.execute("ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS false")
            try await administrator.execute(
                "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = \(literal: name)")
            for path in ["/orgs/acme/apps", Harness.environment + "/deploys/x/events"] {
                let answer = try await harness.call(.get, path)
                #expect(answer.status == 503 && answer.error == "unavailable", "\(path): \(answer)")
            }
            try await administrator.execute("ALTER DATABASE \(identifier: name) WITH ALLOW_CONNECTIONS true")
            await administrator.close()
            try await eventually("its return") { try await harness.call(.get, "/orgs/acme/apps").status == 200 }
        }
    }
}
