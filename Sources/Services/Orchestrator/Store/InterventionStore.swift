import PlatformModel
import Postgres

/// What people did beyond deploying: who, what and why, written in the transaction that does it.
enum InterventionStore {
    enum Action: String, Sendable, Codable {
        /// Martlet forgot it; the real thing stays.
        case detach
        /// Its data was allowed to go.
        case forceDelete = "force_delete"
        case collect
        case repair
        /// A run was stopped.
        case cancel
        /// A run that failed goes on, by the rights of whoever did.
        case retry
        /// A step whose outcome was unknown is known now; the reason is what was found.
        case settle
    }

    struct Record: Sendable, Encodable {
        var id: Int64
        var at: Timestamp
        var by: String
        var action: Action
        var object: String
        var reason: String
        var runID: String?

        private enum CodingKeys: String, CodingKey {
            case id, at, by, action, object, reason
            case runID = "run_id"
        }
    }

    static let limit = 200

    static func add(
        _ action: Action, _ objects: [String], reason: String, runID: String? = nil, by principal: String, appID: String,
        envID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard !objects.isEmpty else { return }
        try await transaction.execute(
            """
            INSERT INTO orchestrator.interventions (org_id, by, app_id, env_id, action, object, reason, run_id)
            SELECT martlet.current_org(), \(principal), \(appID), \(envID), \(action.rawValue), object, \(reason), \(runID)
            FROM unnest(\(objects)::text[]) WITH ORDINALITY AS done (object, place) ORDER BY place
            """)
    }

    /// The newest of an environment, newest first.
    static func list(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(
            """
            SELECT id, at, by, action, object, reason, run_id FROM orchestrator.interventions
            WHERE app_id = \(context.appID) AND env_id = \(context.envID) ORDER BY id DESC LIMIT \(limit)
            """
        )
        .map { row in
            Record(
                id: try row.int64("id"), at: try row.timestamp("at"), by: try row.string("by"),
                action: Action(rawValue: try row.string("action")) ?? .collect, object: try row.string("object"),
                reason: try row.string("reason"), runID: try row.optionalString("run_id"))
        }
    }
}
