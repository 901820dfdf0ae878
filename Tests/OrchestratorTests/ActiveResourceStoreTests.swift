import Logging
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct ActiveResourceStoreTests {
    private static let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "development", envType: "development")

    /// Resources of the types postgres and dns, half of them each, made by d0, d1 and d2 in turn.
    private func fill(_ count: Int, _ harness: Harness) async throws {
        try await harness.createShop()
        try await harness.pool.execute(
            """
            INSERT INTO orchestrator.active_resources (org_id, app_id, env_id, type, class, res_id, gu_res_id, def_id, def_version_id,
                criteria_id, driver_type, deploy_id, status, inputs, slots, inputs_digest)
            SELECT 'acme', 'shop', 'development', CASE n % 2 WHEN 0 THEN 'postgres' ELSE 'dns' END, 'c' || n % 3, 'r' || n, 'g' || n,
                'd' || n % 3, 'v', 'c', 'martlet/echo', 'x', 'active', '{}', '[]', ''
            FROM generate_series(0, \(count - 1)) AS n
            """, org: "acme")
    }

    /// None is left out and none comes twice, wherever a batch ends.
    @Test func allOfATypeAreReadBatchByBatch() async throws {
        try await Harness.with { harness in
            try await fill(24, harness)
            for (choice, size, expected) in [
                (ActiveResourceStore.Choice.ofType("postgres"), 5, [5, 5, 2]), (.ofType("postgres"), 6, [6, 6]),
                (.ofType("postgres"), 12, [12]), (.madeBy("d1"), 3, [3, 3, 2]), (.ofType("s3"), 3, []),
                (.ofDriver("martlet/echo"), 10, [10, 10, 4]),
            ] {
                let batches = try await harness.pool.withOrg("acme") { transaction in
                    var batches: [[String]] = []
                    try await ActiveResourceStore.eachPlaced(choice, batch: size, transaction) { batches.append($0.map(\.resID)) }
                    return batches
                }
                #expect(batches.map(\.count) == expected, "\(choice)")
                let wanted = (0..<24).filter { number in
                    switch choice {
                    case .ofType(let type): type == (number % 2 == 0 ? "postgres" : "dns")
                    case .madeBy(let id): id == "d\(number % 3)"
                    case .ofDriver(let type): type == "martlet/echo"
                    }
                }
                #expect(batches.joined().sorted() == wanted.map { "r\($0)" }.sorted(), "\(choice)")
            }
        }
    }

    /// A lookup does not read the environment, nor a batch the organisation.
    @Test func lookUpsUseTheirIndexes() async throws {
        try await Harness.with { harness in
            try await fill(6000, harness)
            _ = try await PostgresPool.with(
                harness.database.configuration(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { administrator in
                try await administrator.execute("ANALYZE orchestrator.active_resources")
            }
            func plan(_ query: SQL) async throws -> String {
                let rows = try await harness.pool.query("EXPLAIN (FORMAT TEXT) " + query, org: "acme")
                return try rows.map { try $0.string("QUERY PLAN") }.joined(separator: "\n")
            }
            let one = try await plan(
                "SELECT * FROM orchestrator.active_resources WHERE app_id = 'shop' AND env_id = 'development' AND gu_res_id = 'g7'"
            )
            #expect(one.contains("active_resources_by_gu_res_id"), "\(one)")
            let last = try await harness.pool.withOrg("acme") { transaction in
                var last: ActiveResource?
                try await ActiveResourceStore.eachPlaced(.ofType("dns"), batch: 2900, transaction) { last = last ?? $0.last }
                return last
            }
            let batch = try await plan(ActiveResourceStore.placedQuery(.ofType("dns"), after: last, limit: 50))
            #expect(batch.contains("active_resources_by_type") && batch.contains("ROW("), "\(batch)")
        }
    }
}
