import AccessControl
import PlatformModel
import Postgres

/// `gateway.sign_in_failures`.
enum SignInFailureStore {
    /// How long each of these still waits, in seconds; those that do not are not in it.
    static func locks(_ keys: [String], _ pool: PostgresPool) async throws -> [String: Double] {
        try waits(try await pool.query(lockedRows(keys)))
    }

    /// Counts a wrong password. Where one waits already nothing is counted, so that many at once count as those that were free.
    /// - Parameters:
    ///   - rules: By key.
    ///   - shown: By key.
    /// - Returns: Those that waited already.
    static func count(
        _ rules: [String: LockRule], shown: [String: String], _ transaction: PostgresTransaction
    ) async throws -> [String: Double] {
        // In one order, so that two at once wait for each other and not in a circle.
        let keys = rules.keys.sorted()
        try await transaction.execute(
            """
            INSERT INTO gateway.sign_in_failures (key, failures) SELECT unnest(\(keys)::text[]), 0 ON CONFLICT (key) DO NOTHING
            """)
        let rows = try await transaction.query(
            """
            SELECT key, failures, extract(epoch FROM clock_timestamp() - failed_at)::float8 AS age,
                coalesce(extract(epoch FROM locked_until - clock_timestamp()), 0)::float8 AS wait
            FROM gateway.sign_in_failures WHERE key = ANY(\(keys)) ORDER BY key FOR UPDATE
            """)
        let locked = try waits(rows)
        guard locked.keys.allSatisfy({ $0.hasPrefix("user:") }) else { return locked }
        for row in rows {
            let key = try row.string("key")
            guard let rule = rules[key], locked[key] == nil else { continue }
            let forgotten = try row.double("age") > Double(rule.forgetSeconds)
            let failures = (forgotten ? 0 : try row.int("failures")) + 1
            let seconds = rule.seconds(afterFailures: failures)
            try await transaction.execute(
                """
                UPDATE gateway.sign_in_failures SET failures = \(failures), failed_at = clock_timestamp(), shown = \(shown[key]),
                    locked_until = CASE WHEN \(seconds) > 0 THEN clock_timestamp() + make_interval(secs => \(Double(seconds))) END
                WHERE key = \(key)
                """)
        }
        return locked
    }

    /// Forgets what is held against these, but for those that wait.
    /// - Returns: How long those wait.
    static func forget(_ keys: [String], _ pool: PostgresPool) async throws -> [String: Double] {
        let answers = try await pool.pipeline([
            """
            DELETE FROM gateway.sign_in_failures
            WHERE key = ANY(\(keys)) AND key NOT LIKE 'address:%' AND coalesce(locked_until <= clock_timestamp(), true)
            """,
            // After it: what somebody else counted at this moment is seen.
            lockedRows(keys),
        ])
        return try waits(answers.last ?? [])
    }

    private static func lockedRows(_ keys: [String]) -> SQL {
        """
        SELECT key, extract(epoch FROM locked_until - clock_timestamp())::float8 AS wait FROM gateway.sign_in_failures
        WHERE key = ANY(\(keys)) AND locked_until > clock_timestamp()
        """
    }

    private static func waits(_ rows: [Row]) throws -> [String: Double] {
        var waits: [String: Double] = [:]
        for row in rows {
            let wait = try row.double("wait")
            if wait > 0 { waits[try row.string("key")] = wait }
        }
        return waits
    }

    // MARK: Root

    struct Locked: Sendable {
        var key: String
        var shown: String?
        var failures: Int
        var lockedUntil: Timestamp
    }

    /// Who waits now, the longest first.
    static func locked(_ pool: PostgresPool) async throws -> [Locked] {
        try await pool.query(
            """
            SELECT key, shown, failures, locked_until FROM gateway.sign_in_failures
            WHERE locked_until > clock_timestamp() ORDER BY locked_until DESC, key LIMIT 1000
            """
        )
        .map { row in
            Locked(
                key: try row.string("key"), shown: try row.optionalString("shown"), failures: try row.int("failures"),
                lockedUntil: try row.timestamp("locked_until"))
        }
    }

    /// Forgets what is held against these, whether they wait or not, and against people who were last tried by them.
    /// - Returns: How many of them there were.
    static func unlock(_ keys: [String], _ pool: PostgresPool) async throws -> Int {
        try await pool.execute(
            "DELETE FROM gateway.sign_in_failures WHERE key = ANY(\(keys)) OR key LIKE 'user:%' AND shown = ANY(\(keys))")
    }

    static func unlockAll(_ pool: PostgresPool) async throws -> Int {
        try await pool.execute("DELETE FROM gateway.sign_in_failures")
    }

    /// Forgets what is old; a batch, so that no statement runs long.
    static func deleteOld(afterSeconds seconds: Int, _ pool: PostgresPool) async throws {
        try await pool.execute(
            """
            DELETE FROM gateway.sign_in_failures WHERE key IN
                (SELECT key FROM gateway.sign_in_failures
                 WHERE failed_at < clock_timestamp() - make_interval(secs => \(Double(seconds)))
                    AND coalesce(locked_until <= clock_timestamp(), true) LIMIT 1000)
            """)
    }
}
