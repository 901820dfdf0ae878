import PlatformModel
import Postgres

/// The destructions of unused resources.
enum CollectionStore {
    static let limit = 20

    /// The newest of an environment, newest first.
    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query(
            """
            SELECT id FROM orchestrator.deployments
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND kind = 'destroy'
              AND jsonb_exists(plan->'scope', 'collection')
            ORDER BY created_at DESC, id LIMIT \(limit)
            """
        )
        .map { try $0.string("id") }
    }
}
