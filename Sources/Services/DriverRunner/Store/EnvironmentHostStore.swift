import PlatformModel
import Postgres

/// Which host has what is local of an environment: its containers, its routes.
enum EnvironmentHostStore {
    /// The environment's host: from now on `host`, where it had none.
    static func host(
        of environment: EnvironmentContext, orElse host: String, _ transaction: PostgresTransaction
    ) async throws -> String {
        let known = try await find(environment, transaction)
        if let known { return known }
        // Two that come first at the same moment: the one whose row is there counts.
        try await transaction.execute(
            """
            INSERT INTO runner.environment_hosts (org_id, app_id, env_id, host)
            VALUES (martlet.current_org(), \(environment.appID), \(environment.envID), \(host)) ON CONFLICT DO NOTHING
            """)
        return try await find(environment, transaction) ?? host
    }

    /// The environment is gone.
    static func forget(_ environment: EnvironmentContext, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "DELETE FROM runner.environment_hosts WHERE app_id = \(environment.appID) AND env_id = \(environment.envID)")
    }

    static func find(_ environment: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> String? {
        try await transaction.query(
            "SELECT host FROM runner.environment_hosts WHERE app_id = \(environment.appID) AND env_id = \(environment.envID)"
        )
        .first?.string("host")
    }
}
