import Postgres

/// `gateway.idempotent_requests`.
enum IdempotencyStore {
    /// Whose request it is.
    struct Name: Sendable {
        var org: String
        var subject: String
        /// SHA-256.
        var key: [UInt8]
        var fingerprint: [UInt8]
    }

    struct Answer: Sendable {
        var status: Int
        var contentType: String?
        /// nil: was not kept.
        var body: [UInt8]?
    }

    enum State: Sendable {
        /// It is ours to do.
        case claimed
        case running
        case answered(Answer)
        /// The key stands for another request.
        case other
    }

    /// So many an organisation has at most; the oldest go first.
    private static let most = 5000

    /// Takes a request on, unless somebody has or had it.
    static func claim(_ name: Name, as claim: String, _ pool: PostgresPool) async throws -> State {
        let answers = try await pool.pipeline(
            [
                """
                DELETE FROM gateway.idempotent_requests WHERE created_at < clock_timestamp() - interval '24 hours'
                    OR created_at < (SELECT created_at FROM gateway.idempotent_requests ORDER BY created_at DESC OFFSET \(most) LIMIT 1)
                """,
                """
                INSERT INTO gateway.idempotent_requests (org_id, subject, key, fingerprint, claim, claimed_until)
                VALUES (\(name.org), \(name.subject), \(name.key), \(name.fingerprint), \(claim), clock_timestamp() + interval '60 seconds')
                ON CONFLICT (org_id, subject, key) DO UPDATE SET claim = excluded.claim, claimed_until = excluded.claimed_until
                WHERE idempotent_requests.claimed_until < clock_timestamp() AND idempotent_requests.fingerprint = excluded.fingerprint
                """,
                """
                SELECT claim, fingerprint, claimed_until IS NULL AS is_answered, status, content_type, body
                FROM gateway.idempotent_requests WHERE subject = \(name.subject) AND key = \(name.key)
                """,
            ], org: name.org)
        guard let row = answers.last?.first else { return .running }
        guard try row.bytes("fingerprint") == name.fingerprint else { return .other }
        guard try row.bool("is_answered") else { return try row.string("claim") == claim ? .claimed : .running }
        return .answered(
            Answer(
                status: try row.int("status"), contentType: try row.optionalString("content_type"),
                body: try row.optionalBytes("body")))
    }

    /// Writes the answer down, unless somebody else has taken the request on meanwhile.
    static func answer(_ answer: Answer, to name: Name, as claim: String, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            UPDATE gateway.idempotent_requests SET claimed_until = NULL, status = \(answer.status), content_type = \(answer.contentType),
                body = \(answer.body)
            WHERE subject = \(name.subject) AND key = \(name.key) AND claim = \(claim)
            """, org: name.org)
    }

    /// Nothing was done: the key is free.
    static func release(_ name: Name, as claim: String, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            DELETE FROM gateway.idempotent_requests
            WHERE subject = \(name.subject) AND key = \(name.key) AND claim = \(claim) AND claimed_until IS NOT NULL
            """, org: name.org)
    }
}
