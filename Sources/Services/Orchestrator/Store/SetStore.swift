import PlatformModel
import Postgres

/// Immutable sets by the hash of their content, and deltas.
enum SetStore {
    static func list(appID: String, _ transaction: PostgresTransaction) async throws -> [(id: String, content: DeploymentSet)] {
        try await transaction.query(
            "SELECT id, content FROM orchestrator.sets WHERE app_id = \(appID) ORDER BY created_at, id"
        )
        .map { (try $0.string("id"), try $0.json("content").decode(DeploymentSet.self)) }
    }

    static func content(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> DeploymentSet? {
        try await transaction.query("SELECT content FROM orchestrator.sets WHERE app_id = \(appID) AND id = \(id)").first?
            .json("content").decode(DeploymentSet.self)
    }

    /// Keeps a set; one that is there already is the same, since its id is its hash.
    static func keep(_ set: DeploymentSet, id: String, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.sets (org_id, app_id, id, content)
            VALUES (martlet.current_org(), \(appID), \(id), \(try JSON(encoding: set))) ON CONFLICT DO NOTHING
            """)
    }

    static func deltas(
        appID: String, archived: Bool, envID: String?, _ transaction: PostgresTransaction
    ) async throws -> [Delta] {
        try await transaction.query(
            """
            SELECT * FROM orchestrator.deltas
            WHERE app_id = \(appID) AND archived = \(archived) AND (\(envID)::text IS NULL OR env_id = \(envID))
            ORDER BY created_at, id
            """
        )
        .map(delta)
    }

    static func delta(_ id: String, appID: String, _ transaction: PostgresTransaction) async throws -> Delta? {
        try await transaction.query("SELECT * FROM orchestrator.deltas WHERE app_id = \(appID) AND id = \(id) FOR UPDATE").first
            .map(delta)
    }

    /// Keeps a new delta; one that has its id already stays as it is.
    static func insert(_ delta: Delta, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.deltas
                (org_id, app_id, id, env_id, name, archived, shared, contributers, content, created_by)
            VALUES (martlet.current_org(), \(appID), \(delta.id), \(delta.metadata.envID), \(delta.metadata.name),
                    \(delta.metadata.archived), \(delta.metadata.shared), \(delta.metadata.contributers),
                    \(try JSON(encoding: delta.content)), \(delta.metadata.createdBy))
            ON CONFLICT DO NOTHING
            """)
    }

    static func update(_ delta: Delta, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.deltas
            SET env_id = \(delta.metadata.envID), name = \(delta.metadata.name), archived = \(delta.metadata.archived),
                contributers = \(delta.metadata.contributers), content = \(try JSON(encoding: delta.content)),
                last_modified_at = clock_timestamp()
            WHERE app_id = \(appID) AND id = \(delta.id)
            """)
    }

    private static func delta(_ row: Row) throws -> Delta {
        Delta(
            id: try row.string("id"),
            metadata: DeltaMetadata(
                archived: try row.bool("archived"), contributers: try row.strings("contributers"),
                createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
                envID: try row.optionalString("env_id"), lastModifiedAt: try row.timestamp("last_modified_at"),
                name: try row.optionalString("name"), shared: try row.bool("shared")),
            content: try row.json("content").decode(DeltaContent.self))
    }
}
