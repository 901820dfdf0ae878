import PlatformModel
import Postgres
import ServiceAPI

/// `gateway.application_changes`.
enum ApplicationChangeStore {
    struct Open: Sendable {
        var change: ApplicationChange
        var askedAt: Timestamp
        var isOld: Bool
    }

    static func insert(_ change: ApplicationChange, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            INSERT INTO gateway.application_changes (id, org_id, app_id, subject, change, level)
            VALUES (\(change.id), \(change.orgID), \(change.appID), \(change.subject), \(change.kind.rawValue), \(change.level.rawValue))
            """)
    }

    /// What nobody settled and is to be looked at by now, the longest waiting first.
    ///
    /// - Parameters:
    ///   - seconds: Younger ones are left to their request.
    ///   - oldSeconds: After this time no request runs any more.
    static func open(
        afterSeconds seconds: Double, oldAfterSeconds oldSeconds: Double, limit: Int, _ pool: PostgresPool
    ) async throws -> [Open] {
        try await pool.query(
            """
            SELECT id, org_id, app_id, subject, change, level, asked_at,
                clock_timestamp() - asked_at > \(oldSeconds) * interval '1 second' AS is_old
            FROM gateway.application_changes
            WHERE look_after <= clock_timestamp() AND clock_timestamp() - asked_at > \(seconds) * interval '1 second'
            ORDER BY look_after LIMIT \(limit)
            """
        )
        .map { row in
            let kind = try row.string("change"), level = try row.string("level")
            guard let kind = ApplicationChange.Kind(rawValue: kind), let level = RoleLevel(rawValue: level) else {
                throw PostgresError(.decoding, "'\(kind)' is no change of an application")
            }
            return Open(
                change: ApplicationChange(
                    id: try row.string("id"), orgID: try row.string("org_id"), appID: try row.string("app_id"),
                    subject: try row.string("subject"), kind: kind, level: level),
                askedAt: try row.timestamp("asked_at"), isOld: try row.bool("is_old"))
        }
    }

    /// It is looked at again after a pause that doubles from look to look: 5 seconds, and at most 5 minutes.
    static func postpone(_ change: ApplicationChange, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE gateway.application_changes
            SET looks = looks + 1, look_after = clock_timestamp() + least(5 * 2 ^ least(looks, 10), 300) * interval '1 second'
            WHERE id = \(change.id)
            """)
    }

    static func delete(_ change: ApplicationChange, _ pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM gateway.application_changes WHERE id = \(change.id)")
    }

    /// When it was asked; nil when somebody else has settled it.
    static func settle(_ change: ApplicationChange, _ transaction: PostgresTransaction) async throws -> Timestamp? {
        try await transaction.query("DELETE FROM gateway.application_changes WHERE id = \(change.id) RETURNING asked_at").first?
            .timestamp("asked_at")
    }

    /// Whether an earlier application of this name was asked to be deleted, and its roles may still be there; settles that.
    static func settleDeletions(
        of change: ApplicationChange, before time: Timestamp, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            DELETE FROM gateway.application_changes WHERE org_id = \(change.orgID) AND app_id = \(change.appID)
            AND level = \(change.level.rawValue) AND change = 'delete' AND asked_at < \(time)
            """) > 0
    }
}
