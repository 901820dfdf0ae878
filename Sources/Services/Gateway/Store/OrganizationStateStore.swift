import PlatformModel
import Postgres

/// Which organisations are not at work, as the orchestrator has it.
enum OrganizationStateStore {
    static func exists(_ org: String, _ pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT 1 AS found FROM martlet.tenants WHERE org_id = \(org)").isEmpty
    }

    static func notAtWork(_ pool: PostgresPool) async throws -> [String: OrganizationState] {
        let rows = try await pool.query(
            "SELECT org_id, state, state_since, state_by, state_reason FROM martlet.tenants WHERE state <> 'active'")
        return Dictionary(
            try rows.map { row in
                let state = OrganizationState(
                    OrganizationState.Kind(rawValue: try row.string("state")) ?? .suspended,
                    since: try row.timestamp("state_since"), by: try row.optionalString("state_by"),
                    reason: try row.string("state_reason"))
                return (try row.string("org_id"), state)
            }, uniquingKeysWith: { first, _ in first })
    }
}
