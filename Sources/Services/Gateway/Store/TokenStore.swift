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
        var createdAt: Timestamp
    }

    struct Found: Sendable {
        var presented: Presented
        /// Until its end.
        var left: Duration
    }

    static func find(_ hash: [UInt8], _ pool: PostgresPool) async throws -> Found? {
        let rows = try await pool.query(
            """
            SELECT id, hash, subject, org_id, created_at, extract(epoch FROM expires_at - clock_timestamp())::float8 AS left_seconds,
                coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS unmarked
            FROM gateway.tokens WHERE hash = \(hash) AND expires_at > clock_timestamp()
            """)
        // The index compared byte by byte; what it gave is compared again in constant time.
        guard let row = rows.first, equalInConstantTime(try row.bytes("hash"), hash) else { return nil }
        if try row.bool("unmarked") { try await markUsed(id: try row.string("id"), pool) }
        let presented = Presented(
            id: try row.string("id"), subject: try row.string("subject"), orgID: try row.optionalString("org_id"),
            createdAt: try row.timestamp("created_at"))
        return Found(presented: presented, left: .seconds(try row.double("left_seconds")))
    }

    /// Of many requests at the same moment one writes.
    private static func markUsed(id: String, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE gateway.tokens SET last_used_at = clock_timestamp()
            WHERE id = \(id) AND coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)
            """)
    }

    /// Whether a token that was let in is still good: for streams, which outlive the check at their start.
    static func isLive(id: String, _ pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT 1 AS found FROM gateway.tokens WHERE id = \(id) AND expires_at > clock_timestamp()").isEmpty
    }

    /// Opens a session of somebody whom the directory has just vouched for, and writes that down, too.
    static func insertSession(
        id: String, _ token: AccessToken, subject: String, seconds: Int, _ pool: PostgresPool
    ) async throws -> Timestamp {
        let rows = try await pool.pipeline([
            UserStore.checked([subject]),
            """
            INSERT INTO gateway.tokens (id, hash, kind, subject, expires_at)
            VALUES (\(id), \(try token.hash()), 'session', \(subject), clock_timestamp() + make_interval(secs => \(Double(seconds))))
            RETURNING expires_at
            """,
        ])
        guard let row = rows.last?.first else { throw PostgresError(.decoding, "INSERT gave no row") }
        return try row.timestamp("expires_at")
    }

    /// A static token to be.
    struct New: Sendable {
        var id: String
        var userID: String
        /// What its maker calls it; unique among the service user's.
        var label: String?
        var description: String
        var createdBy: String
        /// The directory id of the person whose rights bound it.
        var answerable: String?
        /// The end; without one, so many seconds from now.
        var expiresAt: Timestamp?
        var seconds: Double
        /// What it is good for at most; nil: all that its service user holds.
        var scopes: [String: String]?
    }

    /// So many an organisation has at most: a list shows them all.
    static let mostStatics = 1000

    /// Forgets what ended a month ago.
    /// - Returns: Whether the organisation may have another one.
    static func makeRoom(in orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        let old = try await transaction.query(
            "DELETE FROM gateway.static_tokens WHERE expires_at < clock_timestamp() - interval '30 days' RETURNING id"
        ).map { try $0.string("id") }
        try await transaction.execute("DELETE FROM gateway.tokens WHERE id = ANY(\(old)) AND org_id = \(orgID)")
        let rows = try await transaction.query("SELECT count(*)::int AS count FROM gateway.static_tokens")
        return try rows.first?.int("count") ?? 0 < mostStatics
    }

    /// - Returns: Its end; nil when the service user has one of this label.
    static func insertStatic(
        _ new: New, _ token: AccessToken, in orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Timestamp? {
        try await transaction.execute(
            """
            INSERT INTO gateway.tokens (id, hash, kind, subject, org_id, expires_at)
            VALUES (\(new.id), \(try token.hash()), 'static', \("service:" + new.userID), \(orgID),
                coalesce(\(new.expiresAt), clock_timestamp() + make_interval(secs => \(new.seconds))))
            """)
        return try await transaction.query(
            """
            INSERT INTO gateway.static_tokens (org_id, id, user_id, label, description, created_by, answerable, scopes, expires_at)
            SELECT \(orgID), \(new.id), \(new.userID), \(new.label), \(new.description), \(new.createdBy), \(new.answerable),
                \(try new.scopes.map { try JSON(encoding: $0) })::jsonb, expires_at
            FROM gateway.tokens WHERE id = \(new.id)
            ON CONFLICT (org_id, user_id, label) DO NOTHING RETURNING expires_at
            """
        ).first?.timestamp("expires_at")
    }

    /// The organisation's static tokens.
    /// - Parameters:
    ///   - id: Only this one, by its id or its label.
    ///   - userID: Only this service user's.
    static func statics(
        id: String? = nil, userID: String? = nil, _ transaction: PostgresTransaction
    ) async throws -> [ServiceTokenInfo] {
        try await transaction.query(
            """
            SELECT t.id, t.label, u.id AS user_id, u.name, t.description, t.created_at, t.created_by, t.answerable, t.scopes,
                t.expires_at, i.last_used_at
            FROM gateway.static_tokens t JOIN gateway.service_users u ON u.org_id = t.org_id AND u.id = t.user_id
            LEFT JOIN gateway.tokens i ON i.id = t.id
            WHERE t.expires_at > clock_timestamp() - interval '30 days'
                AND (\(id)::text IS NULL OR t.id = \(id) OR t.label = \(id)) AND (\(userID)::text IS NULL OR t.user_id = \(userID))
            ORDER BY t.created_at, t.id LIMIT 1000
            """
        )
        .map { row in
            var info = ServiceTokenInfo(
                id: try row.optionalString("label") ?? row.string("id"), userID: "service:" + (try row.string("user_id")),
                name: try row.string("name"), description: try row.string("description"),
                createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
                expiresAt: try row.timestamp("expires_at"))
            info.answerable = try row.optionalString("answerable").map { Subject.user($0).reference }
            info.lastUsedAt = try row.optionalTimestamp("last_used_at")
            info.scopes = try row.optionalJSON("scopes")?.decode([String: String].self)
            return info
        }
    }

    /// The directory id of the person whose rights bound a token that is made by this one: a person's own, or the one who bounds this token.
    static func answerable(for presented: Presented, _ transaction: PostgresTransaction) async throws -> String? {
        if case .user(let id)? = Subject(presented.subject) { return id }
        return try await transaction.query(answerable(ofToken: presented.id)).first?.optionalString("answerable")
    }

    /// Who answers for a service user's token; no row for one that is none.
    static func answerable(ofToken id: String) -> SQL {
        """
        SELECT answerable FROM gateway.static_tokens WHERE id = \(id)
        UNION ALL SELECT answerable FROM gateway.exchanged_tokens WHERE id = \(id)
        """
    }

    /// A person's sessions, the newest first.
    static func sessions(of subject: String, _ pool: PostgresPool) async throws -> [SessionInfo] {
        try await pool.query(
            """
            SELECT id, created_at, expires_at, last_used_at FROM gateway.tokens
            WHERE subject = \(subject) AND kind = 'session' AND expires_at > clock_timestamp()
            ORDER BY created_at DESC, id LIMIT 1000
            """
        )
        .map { row in
            SessionInfo(
                id: try row.string("id"), createdBy: subject, createdAt: try row.timestamp("created_at"),
                expiresAt: try row.timestamp("expires_at"), lastUsedAt: try row.optionalTimestamp("last_used_at"))
        }
    }

    /// False when the person has no such session.
    static func deleteSession(id: String, of subject: String, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute("DELETE FROM gateway.tokens WHERE id = \(id) AND subject = \(subject) AND kind = 'session'") == 1
    }

    /// False when the organisation has no such token.
    /// - Parameters:
    ///   - id: Or its label.
    ///   - userID: Only of this service user.
    static func deleteStatic(
        id: String, userID: String? = nil, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        let gone = try await transaction.query(
            """
            DELETE FROM gateway.static_tokens
            WHERE (id = \(id) OR label = \(id) AND \(userID)::text IS NOT NULL) AND (\(userID)::text IS NULL OR user_id = \(userID))
            RETURNING id
            """)
        for row in gone {
            try await transaction.execute("DELETE FROM gateway.tokens WHERE id = \(try row.string("id")) AND org_id = \(orgID)")
        }
        return !gone.isEmpty
    }

    /// Ends one token.
    static func delete(id: String, _ pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM gateway.tokens WHERE id = \(id) AND kind = 'session'")
    }

    /// From now on no session of before counts in this organisation, wherever else it does.
    static func endSessions(ofUser id: String, in orgID: String, _ pool: PostgresPool) async throws {
        try await pool.execute("UPDATE gateway.users SET sessions_since = clock_timestamp() WHERE id = \(id)", org: orgID)
    }

    /// When the sessions of a person began to count in this organisation; nil: all do.
    static func sessionsSince(ofUser id: String, in orgID: String, _ pool: PostgresPool) async throws -> Timestamp? {
        try await pool.query("SELECT sessions_since FROM gateway.users WHERE id = \(id)", org: orgID).first?
            .optionalTimestamp("sessions_since")
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
                (SELECT id FROM gateway.tokens WHERE expires_at < clock_timestamp() - interval '1 day' AND kind <> 'static' LIMIT 1000)
            """)
    }
}
