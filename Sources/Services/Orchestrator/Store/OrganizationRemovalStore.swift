import PlatformModel
import Postgres
import ServiceAPI

/// Organisations that are being deleted: what is left of them, and its end.
enum OrganizationRemovalStore {
    static func all(_ pool: PostgresPool) async throws -> [String] {
        try await pool.query("SELECT org_id FROM martlet.tenants WHERE state = 'deleting' ORDER BY state_since").map {
            try $0.string("org_id")
        }
    }

    static func contents(_ transaction: PostgresTransaction) async throws -> OrganizationContents {
        let rows = try await transaction.query(
            """
            SELECT (SELECT count(*) FROM orchestrator.applications)::int AS applications,
                   (SELECT count(*) FROM orchestrator.environments)::int AS environments,
                   (SELECT count(*) FROM orchestrator.active_resources WHERE type <> 'workload')::int AS resources,
                   (SELECT count(*) FROM orchestrator.active_resources WHERE type = 'workload')::int AS workloads,
                   (SELECT count(*) FROM orchestrator.definitions)::int AS definitions,
                   (SELECT count(*) FROM orchestrator.shared_values)::int AS values
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "a count gave no row") }
        return OrganizationContents(
            applications: try row.int("applications"), environments: try row.int("environments"),
            workloads: try row.int("workloads"), resources: try row.int("resources"), definitions: try row.int("definitions"),
            values: try row.int("values"), obstacles: try await obstacles(transaction))
    }

    /// Why environments on their way out still stand.
    private static func obstacles(_ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query(
            """
            SELECT app_id, id, status_message FROM orchestrator.environments
            WHERE status = 'deleting' AND status_message IS NOT NULL ORDER BY app_id, id LIMIT 20
            """
        )
        .map { "environment \(try $0.string("app_id"))/\(try $0.string("id")): \(try $0.string("status_message"))" }
    }

    /// Environments whose destruction is neither under way nor failed a moment ago.
    static func idle(_ transaction: PostgresTransaction) async throws -> [(appID: String, envID: String)] {
        try await transaction.query(
            """
            SELECT e.app_id, e.id FROM orchestrator.environments e
            WHERE NOT EXISTS (
                    SELECT FROM orchestrator.deployments d
                    WHERE d.org_id = e.org_id AND d.app_id = e.app_id AND d.env_id = e.id AND d.kind = 'destroy'
                      AND d.status IN ('pending', 'in progress') AND d.plan -> 'scope' ? 'environment')
              AND (e.status <> 'deleting' OR e.status_message IS NULL OR e.status_changed_at < clock_timestamp() - interval '1 minute')
            ORDER BY e.app_id, e.id LIMIT 100
            """
        )
        .map { (try $0.string("app_id"), try $0.string("id")) }
    }

    /// The last of it: from then on the id is free.
    static func finish(_ transaction: PostgresTransaction) async throws {
        try await transaction.forgetTenant(schema: "orchestrator")
        try await transaction.execute("DELETE FROM martlet.tenants WHERE org_id = martlet.current_org()")
    }
}
