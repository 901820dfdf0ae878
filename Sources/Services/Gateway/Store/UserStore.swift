import DirectoryClient
import PlatformModel
import Postgres

/// People as the directory described them, service users, and when the directory was asked.
enum UserStore {
    /// Writes what the directory says now into one organisation; false when it was there already.
    static func upsert(_ person: DirectoryPerson, in orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO gateway.users AS known (org_id, id, username, name, email, groups)
            SELECT \(orgID), \(person.id), \(person.username), \(person.name), \(person.email), \(person.groups)::text[]
            -- Nearly every time nothing has changed: then no row is locked, and there is nothing to flush.
            WHERE NOT EXISTS (\(asSaid(person)))
            ON CONFLICT (org_id, id) DO UPDATE
            SET username = excluded.username, name = excluded.name, email = excluded.email, groups = excluded.groups,
                seen_at = clock_timestamp()
            -- Two at once say the same.
            WHERE (known.username, known.name, known.email, known.groups)
                IS DISTINCT FROM (excluded.username, excluded.name, excluded.email, excluded.groups)
            """) == 1
    }

    /// The person's row, where it is as the directory describes them now.
    private static func asSaid(_ person: DirectoryPerson) -> SQL {
        """
        SELECT FROM gateway.users u
        WHERE u.id = \(person.id) AND (u.username, u.name, u.email, u.groups)
            IS NOT DISTINCT FROM (\(person.username), \(person.name), \(person.email), \(person.groups)::text[])
        """
    }

    /// The person's place in an organisation that has them as the directory describes them now, with a role that they hold, and where
    /// nothing waits for them: as nearly every sign-in finds it. Nil where something is to be written.
    static func settled(
        _ person: DirectoryPerson, in orgID: String, _ pool: PostgresPool
    ) async throws -> RoleStore.Held? {
        let subject = Subject.user(person.id), reference = subject.reference
        let isSettled: SQL = """
            SELECT EXISTS (\(asSaid(person)))
                AND EXISTS (SELECT FROM gateway.memberships WHERE subject = \(reference) AND org_id = \(orgID))
                AND (EXISTS (SELECT FROM gateway.role_assignments WHERE subject = \(reference))
                    OR EXISTS (SELECT FROM gateway.group_roles WHERE group_dn = ANY(\(person.groups))))
                AND NOT EXISTS (
                    SELECT FROM gateway.invitations WHERE address = ANY(\(InvitationStore.addresses(of: person)))) AS is_settled
            """
        let answers = try await pool.pipeline([isSettled] + RoleStore.statements(of: subject), org: orgID)
        guard try answers[0].first?.bool("is_settled") == true else { return nil }
        return try RoleStore.held(Array(answers.dropFirst()))
    }

    /// Whether the person is named in the organisation.
    static func exists(id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query("SELECT 1 AS found FROM gateway.users WHERE id = \(id)").isEmpty
    }

    /// The person is in no group any more, as far as this organisation knows.
    @discardableResult
    static func delete(id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM gateway.users WHERE id = \(id)") == 1
    }

    /// The id of the service user of this name, made when there is none.
    static func serviceUser(
        named name: String, newID: String, description: String, in orgID: String, createdBy: String,
        _ transaction: PostgresTransaction
    ) async throws -> String {
        let rows = try await transaction.query(
            """
            INSERT INTO gateway.service_users (org_id, id, name, description, created_by)
            VALUES (\(orgID), \(newID), \(name), \(description), \(createdBy))
            ON CONFLICT (org_id, name) DO UPDATE SET name = excluded.name
            RETURNING id
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "INSERT gave no row") }
        return try row.string("id")
    }

    static func setProperties(_ properties: JSON, of subject: Subject, in orgID: String, _ pool: PostgresPool) async throws {
        switch subject {
        case .user(let id):
            try await pool.execute("UPDATE gateway.users SET properties = \(properties) WHERE id = \(id)", org: orgID)
        case .service(let id):
            try await pool.execute("UPDATE gateway.service_users SET properties = \(properties) WHERE id = \(id)", org: orgID)
        }
    }

    // MARK: When the directory was asked

    static func markChecked(_ subjects: [String], _ pool: PostgresPool) async throws {
        if !subjects.isEmpty { try await pool.execute(checked(subjects)) }
    }

    /// The statement that does it.
    static func checked(_ subjects: [String]) -> SQL {
        // In one order, so that two at once wait for each other and not in a circle. Who signs in many times a second does not wait for
        // themselves: a second more or less is nothing here.
        """
        INSERT INTO gateway.directory_checks (subject, checked_at)
        SELECT subject, clock_timestamp() FROM unnest(\(subjects.sorted())::text[]) AS subject
        WHERE NOT EXISTS (
            SELECT FROM gateway.directory_checks c
            WHERE c.subject = subject.subject AND c.checked_at > clock_timestamp() - interval '1 second')
        ON CONFLICT (subject) DO UPDATE SET checked_at = clock_timestamp()
        """
    }

    static func forgetCheck(_ subject: String, _ pool: PostgresPool) async throws {
        try await pool.execute("DELETE FROM gateway.directory_checks WHERE subject = \(subject)")
    }

    static func isDue(_ subject: String, afterSeconds seconds: Int, _ pool: PostgresPool) async throws -> Bool {
        try await pool.query(
            """
            SELECT 1 AS recent FROM gateway.directory_checks
            WHERE subject = \(subject) AND checked_at >= clock_timestamp() - make_interval(secs => \(Double(seconds)))
            """
        ).isEmpty
    }

    /// People with a session whom the directory was not asked about for so long; the oldest first.
    static func dueForCheck(afterSeconds seconds: Int, limit: Int, _ pool: PostgresPool) async throws -> [String] {
        try await pool.query(
            """
            SELECT s.subject FROM
                (SELECT DISTINCT subject FROM gateway.tokens WHERE kind = 'session' AND expires_at > clock_timestamp()) s
                LEFT JOIN gateway.directory_checks c ON c.subject = s.subject
            WHERE c.checked_at IS NULL OR c.checked_at < clock_timestamp() - make_interval(secs => \(Double(seconds)))
            ORDER BY c.checked_at NULLS FIRST LIMIT \(limit)
            """
        )
        .map { try $0.string("subject") }
    }
}
