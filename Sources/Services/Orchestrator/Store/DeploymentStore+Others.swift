import PlatformModel
import Postgres

/// A run among the others of its environment.
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

    /// The newest run that came after another in its environment and did something, whatever it was for; one that was cancelled while it
    /// waited did nothing.
    static func begun(
        after id: String, appID: String, envID: String, _ transaction: PostgresTransaction
    ) async throws -> (id: String, kind: Run.Kind)? {
        try await transaction.query(
            """
            SELECT r.id, r.kind FROM orchestrator.deployments r
            JOIN orchestrator.deployments mine ON mine.org_id = r.org_id AND mine.id = \(id)
            WHERE r.app_id = \(appID) AND r.env_id = \(envID) AND (r.created_at, r.id) > (mine.created_at, mine.id)
              AND EXISTS (SELECT FROM orchestrator.steps s WHERE s.org_id = r.org_id AND s.deployment_id = r.id)
            ORDER BY r.created_at DESC, r.id DESC LIMIT 1
            """
        )
        .first.map { (try $0.string("id"), Run.Kind(rawValue: try $0.string("kind")) ?? .deploy) }
    }

    /// The newest destructions of an environment, newest first; or only those that have not ended.
    static func destructions(
        _ context: EnvironmentContext, isOpen: Bool = false, limit: Int, _ transaction: PostgresTransaction
    ) async throws -> [Run] {
        let ids = try await transaction.query(
            """
            SELECT id FROM orchestrator.deployments
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) AND kind = 'destroy'
              AND (NOT \(isOpen) OR status IN ('pending', 'in progress'))
            ORDER BY created_at DESC, id DESC LIMIT \(limit)
            """
        )
        .map { try $0.string("id") }
        let found = try runs(try await transaction.query(asking(Set(ids))))
        return ids.compactMap { found[$0] }
    }

    /// The runs of an environment that wait, in their order, each with what was told of its place last.
    static func places(
        appID: String, envID: String, _ transaction: PostgresTransaction
    ) async throws -> [(id: String, place: QueuePlace, told: String?)] {
        let rows = try await transaction.query(
            """
            SELECT id, status, (
                SELECT message FROM orchestrator.events e
                WHERE e.org_id = d.org_id AND e.deployment_id = d.id AND e.object IS NULL ORDER BY e.id DESC LIMIT 1) AS told,
                (SELECT cause FROM orchestrator.held_environments h
                 WHERE h.org_id = d.org_id AND h.app_id = d.app_id AND h.env_id = d.env_id) AS hold
            FROM orchestrator.deployments d
            WHERE app_id = \(appID) AND env_id = \(envID) AND status IN ('pending', 'in progress')
            ORDER BY status = 'pending', created_at, id
            """)
        var behind: String?, places: [(id: String, place: QueuePlace, told: String?)] = []
        for row in rows {
            let id = try row.string("id")
            if try row.string("status") == DeploymentStatus.pending.rawValue {
                let hold = behind == nil ? try row.optionalString("hold").flatMap(QueuePlace.Hold.init) : nil
                let place = QueuePlace(position: places.count + 1, behind: behind, hold: hold)
                places.append((id, place, try row.optionalString("told")))
            }
            behind = id
        }
        return places
    }
}
