import AuditRules
import AuditSealing
import PlatformModel
import Postgres

/// `audit.entries`, as far as they are of no organisation.
enum AuditShowStore {
    /// The newest, the oldest of them first.
    static func newest(
        limit: Int, since: Timestamp?, actor: String?, _ database: PostgresConfiguration
    ) async throws -> [AuditRecord] {
        let connection = try await PostgresConnection.connect(database)
        do {
            let rows = try await connection.query(
                "SELECT " + AuditRows.columns + """
                     FROM audit.entries WHERE org_id IS NULL AND (\(since)::timestamptz IS NULL OR at > \(since))
                        AND (\(actor)::text IS NULL OR actor = \(actor))
                    ORDER BY at DESC, id DESC LIMIT \(limit)
                    """)
            await connection.close()
            return try rows.reversed().map(AuditRows.record)
        } catch {
            await connection.close()
            throw error
        }
    }
}
