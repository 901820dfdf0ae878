import AuditRules
import PlatformModel
import Postgres

/// What is known of people and groups in all organisations, and what became of the last synchronisation.
enum DirectorySyncStore {
    /// A person's row in one organisation.
    struct PersonRow: Sendable {
        var orgID: String
        var id: String
        var username: String
        var name: String
        var email: String?
        var groups: [String]
    }

    /// Subject (`user:`, or `group:<hash>`) -> the organisations in which it is a member.
    static func memberships(_ pool: PostgresPool) async throws -> [String: [String]] {
        let rows = try await pool.query(
            "SELECT subject, org_id FROM gateway.memberships WHERE subject NOT LIKE 'service:%' ORDER BY subject, org_id")
        var found: [String: [String]] = [:]
        for row in rows { found[try row.string("subject"), default: []].append(try row.string("org_id")) }
        return found
    }

    /// Everyone in one organisation, and the groups that have a role in it.
    static func people(in orgID: String, _ pool: PostgresPool) async throws -> (people: [PersonRow], groups: Set<String>) {
        let answers = try await pool.pipeline(
            [
                "SELECT id, username, name, email, groups FROM gateway.users ORDER BY id",
                "SELECT DISTINCT group_dn FROM gateway.group_roles",
            ], org: orgID)
        guard answers.count == 2 else { throw PostgresError(.decoding, "two statements gave \(answers.count) answers") }
        let people = try answers[0].map { row in
            PersonRow(
                orgID: orgID, id: try row.string("id"), username: try row.string("username"), name: try row.string("name"),
                email: try row.optionalString("email"), groups: try row.strings("groups"))
        }
        return (people, Set(try answers[1].map { try $0.string("group_dn") }))
    }

    /// The groups by which a person has a role in an organisation.
    static func groupsWithRoles(of id: String, _ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query(
            """
            SELECT DISTINCT g.group_dn FROM gateway.users u
            JOIN gateway.group_roles g ON g.org_id = u.org_id AND g.group_dn = ANY(u.groups) WHERE u.id = \(id)
            """
        )
        .map { try $0.string("group_dn") }
    }

    // MARK: Runs

    /// Takes the next synchronisation on; false when another one runs, or the last one is younger.
    static func claim(afterSeconds seconds: Int, _ pool: PostgresPool) async throws -> Bool {
        try await pool.execute(
            """
            UPDATE gateway.directory_sync SET claimed_until = clock_timestamp() + interval '60 seconds'
            WHERE claimed_until < clock_timestamp()
                AND (ended_at IS NULL OR ended_at <= clock_timestamp() - make_interval(secs => \(Double(seconds))))
            """) == 1
    }

    /// Gives it back without a result.
    static func release(_ pool: PostgresPool) async throws {
        try await pool.execute("UPDATE gateway.directory_sync SET claimed_until = '-infinity'")
    }

    /// Writes down how it ended.
    /// - Parameters:
    ///   - holds: Subject -> `gone`, `disabled` or `left`.
    ///   - digest: Of the losses that wait; nil: none do.
    /// - Returns: Whether people should be told of them now: when they are new, and every ten minutes.
    static func record(
        people: Int, unknown: Int, holds: [String: String], digest: String?, _ pool: PostgresPool
    ) async throws -> Bool {
        try await pool.withTransaction { transaction in
            let subjects = holds.keys.sorted(), causes = subjects.map { holds[$0] ?? "" }
            try await transaction.execute("DELETE FROM gateway.directory_holds WHERE subject <> ALL(\(subjects))")
            try await transaction.execute(
                """
                INSERT INTO gateway.directory_holds (subject, cause) SELECT * FROM unnest(\(subjects)::text[], \(causes)::text[])
                ON CONFLICT (subject) DO UPDATE SET cause = excluded.cause WHERE directory_holds.cause <> excluded.cause
                """)
            let rows = try await transaction.query(
                """
                UPDATE gateway.directory_sync SET claimed_until = '-infinity', ended_at = clock_timestamp(), people = \(people),
                    unknown = \(unknown), held_digest = \(digest),
                    held_since = CASE WHEN \(digest)::text IS NULL THEN NULL
                        WHEN held_digest = \(digest) THEN held_since ELSE clock_timestamp() END,
                    alerted_at = CASE WHEN \(digest)::text IS NULL THEN NULL
                        WHEN held_digest = \(digest) AND alerted_at > now() - interval '10 minutes' THEN alerted_at ELSE now() END
                RETURNING coalesce(alerted_at = now(), false) AS is_due
                """)
            let isDue = try rows.first?.bool("is_due") ?? false
            if isDue {
                try await transaction.audit(
                    AuditEntry(
                        actor: "room:gateway", action: "directoryHold", object: digest,
                        details: ["people": .int(Int64(subjects.count))]))
            }
            return isDue
        }
    }

    /// Why a person's loss waits; nil when none does.
    static func hold(of subject: String, _ pool: PostgresPool) async throws -> String? {
        try await pool.query("SELECT cause FROM gateway.directory_holds WHERE subject = \(subject)").first?.string("cause")
    }

    struct Status: Sendable {
        var endedAt: Timestamp?
        var people: Int
        var unknown: Int
        var heldDigest: String?
        var heldSince: Timestamp?
    }

    static func status(_ pool: PostgresPool) async throws -> Status {
        let rows = try await pool.query("SELECT ended_at, people, unknown, held_digest, held_since FROM gateway.directory_sync")
        guard let row = rows.first else { throw PostgresError(.decoding, "gateway.directory_sync has no row") }
        return Status(
            endedAt: try row.optionalTimestamp("ended_at"), people: try row.int("people"), unknown: try row.int("unknown"),
            heldDigest: try row.optionalString("held_digest"), heldSince: try row.optionalTimestamp("held_since"))
    }

    static func heldPeople(_ pool: PostgresPool) async throws -> Int {
        try await pool.query("SELECT count(*)::int AS people FROM gateway.directory_holds").first?.int("people") ?? 0
    }
}
