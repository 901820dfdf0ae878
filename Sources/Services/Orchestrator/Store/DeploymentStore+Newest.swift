import PlatformModel
import Postgres

extension DeploymentStore {
    /// The newest run of an environment, whatever it is for and however it ended.
    static func newestRun(appID: String, envID: String, _ transaction: PostgresTransaction) async throws -> String? {
        try await transaction.query(
            """
            SELECT id FROM orchestrator.deployments WHERE app_id = \(appID) AND env_id = \(envID)
            ORDER BY created_at DESC, id DESC LIMIT 1
            """
        )
        .first?.string("id")
    }
}
