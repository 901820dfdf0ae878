import PlatformModel
import Postgres
import ServiceAPI

/// The break-glass administrator: the password, and the one who is signed in by it.
enum BreakGlassStore {
    /// The service user under which they are known, in the organisation that stands for the appliance.
    static let userID = "break-glass"

    private static let subject = Subject.service(userID).reference

    /// A new password; what was there before is worth nothing any more.
    static func set(
        salt: [UInt8], hash: [UInt8], hours: Int, _ transaction: PostgresTransaction
    ) async throws -> Timestamp {
        try await endSessions(transaction)
        let rows = try await transaction.query(
            """
            INSERT INTO gateway.break_glass (salt, hash, expires_at)
            VALUES (\(salt), \(hash), clock_timestamp() + make_interval(hours => \(hours)::int))
            ON CONFLICT (one) DO UPDATE
            SET salt = excluded.salt, hash = excluded.hash, created_at = clock_timestamp(), expires_at = excluded.expires_at,
                used_at = NULL
            RETURNING expires_at
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "INSERT gave no row") }
        return try row.timestamp("expires_at")
    }

    /// Of the password that is good now.
    static func salt(_ pool: PostgresPool) async throws -> [UInt8]? {
        try await pool.query(
            "SELECT salt FROM gateway.break_glass WHERE used_at IS NULL AND expires_at > clock_timestamp()"
        )
        .first?.bytes("salt")
    }

    /// Uses the password up. False when it is not this one, or was used meanwhile.
    static func use(hash: [UInt8], _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            UPDATE gateway.break_glass SET used_at = clock_timestamp()
            WHERE hash = \(hash) AND used_at IS NULL AND expires_at > clock_timestamp()
            """) == 1
    }

    /// A session, in the transaction of the organisation that stands for the appliance.
    static func open(
        id: String, _ token: AccessToken, seconds: Int, _ transaction: PostgresTransaction
    ) async throws -> Timestamp {
        let org = IdentifierRule.appliance
        try await transaction.execute(
            """
            INSERT INTO gateway.service_users (org_id, id, name, description, created_by)
            VALUES (\(org), \(userID), \(userID), 'made by root on the host', 'root') ON CONFLICT DO NOTHING
            """)
        try await RoleStore.assign(
            .init(level: .organization, object: "", role: OrgRole.administrator.rawValue), to: subject, in: org, transaction)
        try await RoleStore.addMembership(of: subject, in: org, transaction)
        // Those of before have ended.
        try await transaction.execute("DELETE FROM gateway.static_tokens WHERE user_id = \(userID)")
        let new = TokenStore.New(
            id: id, userID: userID, description: "a break-glass sign-in", createdBy: "root", seconds: Double(seconds))
        guard let end = try await TokenStore.insertStatic(new, token, in: org, transaction) else {
            throw PostgresError(.decoding, "INSERT gave no row")
        }
        return end
    }

    static func end(_ transaction: PostgresTransaction) async throws {
        try await endSessions(transaction)
        try await transaction.execute("DELETE FROM gateway.break_glass")
    }

    private static func endSessions(_ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.tokens WHERE subject = \(subject)")
    }

    static func status(_ pool: PostgresPool) async throws -> BreakGlassStatus {
        let password = try await pool.query("SELECT created_at, expires_at, used_at FROM gateway.break_glass").first
        let session = try await pool.query(
            "SELECT max(expires_at) AS until FROM gateway.tokens WHERE subject = \(subject) AND expires_at > clock_timestamp()"
        ).first
        return BreakGlassStatus(
            createdAt: try password?.timestamp("created_at"), expiresAt: try password?.timestamp("expires_at"),
            usedAt: try password?.optionalTimestamp("used_at"), sessionUntil: try session?.optionalTimestamp("until"))
    }
}
