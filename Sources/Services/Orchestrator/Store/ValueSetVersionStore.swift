import PlatformModel
import Postgres

/// The versions of shared values. Each row has what one level came to be; what the other level was then is the newest row of it before.
enum ValueSetVersionStore {
    /// - Parameter level: who looks: an environment sees the application's versions and its own.
    private static func columns(_ level: ValueLevel) -> SQL {
        """
        SELECT v.id, v.env_id, v.changes, v.result_of, v.comment, v.source_id, v.created_at, v.created_by, v.updated_at,
               (SELECT a.items FROM orchestrator.value_set_versions a
                WHERE a.app_id = v.app_id AND a.env_id = '' AND a.position <= v.position ORDER BY a.position DESC LIMIT 1) AS app_items,
               (SELECT e.items FROM orchestrator.value_set_versions e
                WHERE \(level.envID) <> '' AND e.app_id = v.app_id AND e.env_id = \(level.envID) AND e.position <= v.position
                ORDER BY e.position DESC LIMIT 1) AS env_items
        FROM orchestrator.value_set_versions v
        """
    }

    /// The newest first.
    ///
    /// - Parameters:
    ///   - key: only those in which it changed.
    ///   - before: only those older than this one.
    static func list(
        _ level: ValueLevel, appID: String, key: String?, before: String?, limit: Int, _ transaction: PostgresTransaction
    ) async throws -> [ValueSetVersion] {
        let changed: JSON? = key.map { [["key": .string($0)]] }
        return try await transaction.query(
            columns(level) + """
                 WHERE v.app_id = \(appID) AND v.env_id IN ('', \(level.envID))
                  AND (\(changed)::jsonb IS NULL OR v.changes @> \(changed))
                  AND (\(before)::text IS NULL OR v.position < (
                      SELECT b.position FROM orchestrator.value_set_versions b WHERE b.app_id = \(appID) AND b.id = \(before)))
                ORDER BY v.position DESC LIMIT \(limit)
                """
        )
        .map(version)
    }

    /// Nil where there is none that the level sees.
    static func version(
        _ id: String, _ level: ValueLevel, appID: String, _ transaction: PostgresTransaction
    ) async throws -> ValueSetVersion? {
        if id == ValueSetVersion.newestID { return try await newest(level, appID: appID, transaction) }
        return try await transaction.query(
            columns(level) + " WHERE v.app_id = \(appID) AND v.id = \(id) AND v.env_id IN ('', \(level.envID))"
        )
        .first.map(version)
    }

    /// Nil before anything was ever written.
    static func newest(
        _ level: ValueLevel, appID: String, _ transaction: PostgresTransaction
    ) async throws -> ValueSetVersion? {
        try await list(level, appID: appID, key: nil, before: nil, limit: 1, transaction).first
    }

    static func insert(
        _ version: ValueSetVersion, appID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.value_set_versions
                (org_id, app_id, env_id, id, items, changes, result_of, comment, source_id, created_by)
            VALUES (martlet.current_org(), \(appID), \(version.level.envID), \(version.id),
                    \(try JSON(encoding: version.items(of: version.level))), \(try JSON(encoding: version.changes)),
                    \(version.resultOf), \(version.comment), \(version.sourceID), \(version.createdBy))
            """)
    }

    /// Versions in which a content was are other ones once it is purged.
    static func touch(_ items: [String], level: ValueLevel, appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.value_set_versions v SET updated_at = clock_timestamp()
            WHERE app_id = \(appID) AND env_id = \(level.envID)
              AND EXISTS (SELECT 1 FROM jsonb_each_text(v.items) i WHERE i.value = ANY(\(items)))
            """)
    }

    private static func version(_ row: Row) throws -> ValueSetVersion {
        ValueSetVersion(
            id: try row.string("id"), level: ValueLevel(envID: try row.string("env_id")),
            applicationItems: try row.optionalJSON("app_items")?.decode([String: String].self) ?? [:],
            environmentItems: try row.optionalJSON("env_items")?.decode([String: String].self) ?? [:],
            changes: try row.json("changes").decode([ValueSetVersion.Change].self), resultOf: try row.string("result_of"),
            comment: try row.string("comment"), sourceID: try row.optionalString("source_id"),
            createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.timestamp("updated_at"))
    }
}
