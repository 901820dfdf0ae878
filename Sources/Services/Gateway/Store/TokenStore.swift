import Cryptography
import PlatformModel
import Postgres
import ServiceAPI

/// Sessions and static tokens.
enum TokenStore {
    /// A token that is known and has not ended.
    struct Presented: Sendable, Hashable {
        var id: String
        /// `user:<directory id>` or `service:<id>`.
        var subject: String
        /// Set for a service user's token: it is good in this organisation only.
        var orgID: String?
    }

    static func find(_ token: AccessToken, _ pool: PostgresPool) async throws -> Presented? {
        let hash = try token.hash()
        let rows = try await pool.query(
            "SELECT id, hash, subject, org_id FROM gateway.tokens WHERE hash = \(hash) AND expires_at > clock_timestamp()")
        // The index compared byte by byte; what it gave is compared again in constant time.
        guard let row = rows.first, equalInConstantTime(try row.bytes("hash"), hash) else { return nil }
        return Presented(id: try row.string("id"), subject: try row.string("subject"), orgID: try row.optionalString("org_id"))
    }

    /// Whether a token that was let in is still good: for streams, which outlive the check at their start.
    static func isLive(id: String, _ pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT 1 AS found FROM gateway.tokens WHERE id = \(id) AND expires_at > clock_timestamp()").isEmpty
    }

    static func insertSession(
        id: String, _ token: AccessToken, subject: String, seconds: Int, _ transaction: PostgresTransaction
    ) async throws -> Timestamp {
        let rows = try await transaction.query(
            """
            INSERT INTO gateway.tokens (id, hash, kind, subject, expires_at)
            VALUES (\(id), \(try token.hash()), 'session', \(subject), clock_timestamp() + make_interval(secs => \(Double(seconds))))
            RETURNING expires_at
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "INSERT gave no row") }
        return try row.timestamp("expires_at")
    }

    static func insertStatic(
        id: String, _ token: AccessToken, userID: String, orgID: String, description: String, createdBy: String, days: Int,
        _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO gateway.tokens (id, hash, kind, subject, org_id, expires_at)
            VALUES (\(id), \(try token.hash()), 'static', \("service:" + userID), \(orgID), clock_timestamp() + make_interval(days => \(days)::int))
            """)
        try await transaction.execute(
            """
            INSERT INTO gateway.static_tokens (org_id, id, user_id, description, created_by, expires_at)
            SELECT \(orgID), \(id), \(userID), \(description), \(createdBy), expires_at FROM gateway.tokens WHERE id = \(id)
            """)
    }

    static func statics(id: String? = nil, _ transaction: PostgresTransaction) async throws -> [ServiceTokenInfo] {
        try await transaction.query(
            """
            SELECT t.id, u.id AS user_id, u.name, t.description, t.created_at, t.created_by, t.expires_at
            FROM gateway.static_tokens t JOIN gateway.service_users u ON u.org_id = t.org_id AND u.id = t.user_id
            WHERE \(id)::text IS NULL OR t.id = \(id)
            ORDER BY t.created_at, t.id LIMIT 1000
            """
        )
        .map { row in
            ServiceTokenInfo(
                id: try row.string("id"), userID: "service:" + (try row.string("user_id")), name: try row.string("name"),
                description: try row.string("description"), createdAt: try row.timestamp("created_at"),
                createdBy: try row.string("created_by"), expiresAt: try row.timestamp("expires_at"))
        }
    }

    /// False when the organisation has no such token.
    static func deleteStatic(id: String, orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        guard try await transaction.execute("DELETE FROM gateway.static_tokens WHERE id = \(id)") == 1 else { return false }
        try await transaction.execute("DELETE FROM gateway.tokens WHERE id = \(id) AND org_id = \(orgID)")
        return true
    }

    /// Ends one token.
    static func delete(id: String, _ pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM gateway.tokens WHERE id = \(id) AND kind = 'session'")
    }

    /// Ends all of a person's sessions.
    static func deleteSessions(of subject: String, _ pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM gateway.tokens WHERE subject = \(subject) AND kind = 'session'")
    }

    /// Forgets what has ended; a batch, so that no statement runs long.
    static func deleteExpired(_ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            DELETE FROM gateway.tokens WHERE id IN
                (SELECT id FROM gateway.tokens WHERE expires_at < clock_timestamp() - interval '1 day' AND kind = 'session' LIMIT 1000)
            """)
    }
}
