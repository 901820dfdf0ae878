import AccessControl
import PlatformModel
import Postgres
import ServiceAPI

/// `gateway.oidc_trusts`, and the tokens that were had by them.
enum TrustStore {
    /// So many an organisation has at most.
    static let most = 100
    /// Live tokens by exchange that an organisation has at most.
    static let mostTokens = 1000

    struct Stored: Sendable {
        var trust: IssuerTrust
        var serviceUser: String
        var tokenSeconds: Int
        var answerable: String?
    }

    static func insert(
        _ trust: IssuerTrust, id: String, serviceUser: String, tokenSeconds: Int, answerable: String?, createdBy: String,
        in org: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO gateway.oidc_trusts
                (org_id, id, issuer, audience, algorithms, conditions, service_user_id, token_seconds, answerable, created_by)
            VALUES (\(org), \(id), \(trust.issuer), \(trust.audience), \(trust.algorithms.map(\.rawValue)),
                \(JSON.object(trust.conditions.mapValues { .string($0) })), \(serviceUser), \(tokenSeconds), \(answerable), \(createdBy))
            ON CONFLICT (org_id, id) DO NOTHING
            """) == 1
    }

    static func count(_ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.query("SELECT count(*)::int AS count FROM gateway.oidc_trusts").first?.int("count") ?? 0
    }

    /// - Parameter id: Only this one.
    static func list(id: String? = nil, _ transaction: PostgresTransaction) async throws -> [OIDCTrustInfo] {
        try await transaction.query(
            """
            SELECT t.*, u.name FROM gateway.oidc_trusts t
            JOIN gateway.service_users u ON u.org_id = t.org_id AND u.id = t.service_user_id
            WHERE \(id)::text IS NULL OR t.id = \(id) ORDER BY t.id LIMIT \(most)
            """
        )
        .map { row in
            let stored = try stored(row)
            var info = OIDCTrustInfo(
                id: try row.string("id"), issuer: stored.trust.issuer, audience: stored.trust.audience,
                algorithms: stored.trust.algorithms.map(\.rawValue), conditions: stored.trust.conditions,
                userID: Subject.service(stored.serviceUser).reference, name: try row.string("name"),
                tokenSeconds: stored.tokenSeconds, createdAt: try row.timestamp("created_at"),
                createdBy: try row.string("created_by"))
            info.answerable = stored.answerable.map { Subject.user($0).reference }
            info.lastUsedAt = try row.optionalTimestamp("last_used_at")
            info.lastRefusal = try row.optionalString("last_refusal")
            info.lastRefusedAt = try row.optionalTimestamp("last_refused_at")
            return info
        }
    }

    static func find(_ id: String, in org: String, _ pool: PostgresPool) async throws -> Stored? {
        try await pool.query("SELECT * FROM gateway.oidc_trusts WHERE id = \(id)", org: org).first.map(stored)
    }

    /// The same, held until the transaction ends.
    static func hold(_ id: String, _ transaction: PostgresTransaction) async throws -> Stored? {
        try await transaction.query("SELECT * FROM gateway.oidc_trusts WHERE id = \(id) FOR UPDATE").first.map(stored)
    }

    private static func stored(_ row: Row) throws -> Stored {
        let conditions = try row.json("conditions").object ?? [:]
        return Stored(
            trust: IssuerTrust(
                issuer: try row.string("issuer"), audience: try row.string("audience"),
                algorithms: try row.strings("algorithms").compactMap { TokenAlgorithm(rawValue: $0) },
                conditions: conditions.mapValues { $0.string ?? "" }),
            serviceUser: try row.string("service_user_id"), tokenSeconds: try row.int("token_seconds"),
            answerable: try row.optionalString("answerable"))
    }

    /// With every token that was had by it. False when there is none of this id.
    static func delete(_ id: String, in org: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            DELETE FROM gateway.tokens WHERE org_id = \(org)
                AND id IN (SELECT id FROM gateway.exchanged_tokens WHERE trust_id = \(id))
            """)
        return try await transaction.execute("DELETE FROM gateway.oidc_trusts WHERE id = \(id)") == 1
    }

    static func noteRefusal(_ reason: String, of id: String, in org: String, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE gateway.oidc_trusts SET last_refusal = \(reason), last_refused_at = clock_timestamp() WHERE id = \(id)
            """, org: org)
    }

    // MARK: Exchanges

    /// Writes down that a token was used, for as long as it could be again. False when it was.
    /// - Parameter end: Seconds since 1970.
    static func use(_ hash: [UInt8], until end: Int64, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO gateway.used_tokens (hash, expires_at) VALUES (\(hash), to_timestamp(\(Double(end))))
            ON CONFLICT (hash) DO NOTHING
            """) == 1
    }

    /// Forgets the organisation's ended ones.
    /// - Returns: Whether it may have another one.
    static func makeRoom(in org: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM gateway.exchanged_tokens WHERE expires_at <= clock_timestamp()")
        let rows = try await transaction.query("SELECT count(*)::int AS count FROM gateway.exchanged_tokens")
        return try rows.first?.int("count") ?? 0 < mostTokens
    }

    static func insert(
        _ token: AccessToken, id: String, of trust: String, _ stored: Stored, in org: String, _ transaction: PostgresTransaction
    ) async throws -> Timestamp {
        try await transaction.execute(
            """
            INSERT INTO gateway.tokens (id, hash, kind, subject, org_id, expires_at)
            VALUES (\(id), \(try token.hash()), 'exchanged', \(Subject.service(stored.serviceUser).reference), \(org),
                clock_timestamp() + make_interval(secs => \(Double(stored.tokenSeconds))))
            """)
        try await transaction.execute(
            """
            INSERT INTO gateway.exchanged_tokens (org_id, id, trust_id, answerable, expires_at)
            SELECT \(org), \(id), \(trust), \(stored.answerable), expires_at FROM gateway.tokens WHERE id = \(id)
            """)
        try await transaction.execute("UPDATE gateway.oidc_trusts SET last_used_at = clock_timestamp() WHERE id = \(trust)")
        let rows = try await transaction.query("SELECT expires_at FROM gateway.tokens WHERE id = \(id)")
        guard let row = rows.first else { throw PostgresError(.decoding, "the new token is not there") }
        return try row.timestamp("expires_at")
    }

    /// Forgets what can be used no more anyway; a batch, so that no statement runs long.
    static func deleteUsed(_ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            DELETE FROM gateway.used_tokens WHERE hash IN
                (SELECT hash FROM gateway.used_tokens WHERE expires_at < clock_timestamp() - interval '10 minutes' LIMIT 1000)
            """)
    }
}
