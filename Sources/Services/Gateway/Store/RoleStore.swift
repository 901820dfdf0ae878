import PlatformModel
import Postgres
import ServiceAPI

/// Who holds which role where.
enum RoleStore {
    /// One role on one object, whoever holds it.
    struct Grant: Sendable, Hashable {
        var level: RoleLevel
        /// Empty on the organisation itself.
        var object: String
        var role: String
    }

    /// The organisations in which any of these subjects (`user:`, `service:`, `group:<hash>`) holds a role, sorted.
    static func isKnown(_ org: String, _ pool: PostgresPool) async throws -> Bool {
        try await !pool.query("SELECT 1 AS found FROM gateway.memberships WHERE org_id = \(org) LIMIT 1").isEmpty
    }

    static func organizations(of subjects: [String], _ pool: PostgresPool) async throws -> [String] {
        guard !subjects.isEmpty else { return [] }
        return try await pool.query(
            "SELECT DISTINCT org_id FROM gateway.memberships WHERE subject = ANY(\(subjects)) ORDER BY org_id"
        )
        .map { try $0.string("org_id") }
    }

    /// Somebody's place in one organisation.
    struct Held: Sendable {
        var name: String
        var email: String?
        var createdAt: Timestamp
        var properties: [String: JSON]
        /// Sessions from before do not count there.
        var sessionsSince: Timestamp?
        var grants: [Grant]
    }

    /// What the person who answers for a token holds; worth nothing where the directory has not named them.
    struct Bound: Sendable {
        var answerable: String
        var isKnown: Bool
        var grants: [Grant]
    }

    /// nil for a person whom the directory has not named there, or does no longer: then their roles are worth nothing.
    static func held(by subject: Subject, in orgID: String, _ pool: PostgresPool) async throws -> Held? {
        try held(try await pool.pipeline(statements(of: subject), org: orgID))
    }

    /// What a service user holds by a token.
    struct HeldByToken: Sendable {
        var held: Held
        /// nil for a token that nobody answers for.
        var bound: Bound?
        /// What the token is good for at most; nil: all of it.
        var scopes: [String: String]?
    }

    /// What a service user holds, and what bounds the token that it presents.
    static func held(
        by subject: Subject, presenting token: String, in orgID: String, _ pool: PostgresPool
    ) async throws -> HeldByToken? {
        // Looked up first, as one value: what calls functions on columns keeps row security from the indexes.
        let who = TokenStore.answerable(ofToken: token)
        let bounds: [SQL] = [
            """
            SELECT t.answerable, u.id IS NOT NULL AS is_known,
                (SELECT s.scopes FROM gateway.static_tokens s WHERE s.id = \(token)) AS scopes
            FROM (\(who)) t LEFT JOIN gateway.users u ON u.id = t.answerable
            """,
            """
            SELECT level, object, role FROM gateway.role_assignments WHERE subject = 'user:' || (\(who))
            UNION ALL
            SELECT g.level, g.object, g.role FROM gateway.users u
            JOIN gateway.group_roles g ON g.org_id = u.org_id AND g.group_dn = ANY(u.groups)
            WHERE u.id = (\(who))
            """,
        ]
        let answers = try await pool.pipeline(statements(of: subject) + bounds, org: orgID)
        guard answers.count == 4, let held = try held(Array(answers[0..<2])) else { return nil }
        // A token whose origin is not known is worth nothing.
        guard let row = answers[2].first else { return nil }
        let scopes = try row.optionalJSON("scopes")?.decode([String: String].self)
        guard let answerable = try row.optionalString("answerable") else { return HeldByToken(held: held, scopes: scopes) }
        let bound = Bound(
            answerable: Subject.user(answerable).reference, isKnown: try row.bool("is_known"),
            grants: try answers[3].map(grant))
        return HeldByToken(held: held, bound: bound, scopes: scopes)
    }

    /// The same inside a transaction of that organisation.
    static func held(by subject: Subject, _ transaction: PostgresTransaction) async throws -> Held? {
        try held(try await transaction.pipeline(statements(of: subject)))
    }

    /// Whose answers `held` reads.
    static func statements(of subject: Subject) -> [SQL] {
        switch subject {
        case .user(let id):
            [
                "SELECT name, email, created_at, properties, sessions_since FROM gateway.users WHERE id = \(id)",
                """
                SELECT level, object, role FROM gateway.role_assignments WHERE subject = \(subject.reference)
                UNION ALL
                SELECT g.level, g.object, g.role FROM gateway.users u
                JOIN gateway.group_roles g ON g.org_id = u.org_id AND g.group_dn = ANY(u.groups) WHERE u.id = \(id)
                """,
            ]
        case .service(let id):
            [
                "SELECT name, email, created_at, properties, NULL::timestamptz AS sessions_since FROM gateway.service_users WHERE id = \(id)",
                "SELECT level, object, role FROM gateway.role_assignments WHERE subject = \(subject.reference)",
            ]
        }
    }

    static func held(_ answers: [[Row]]) throws -> Held? {
        guard answers.count == 2, let row = answers[0].first else { return nil }
        return Held(
            name: try row.string("name"), email: try row.optionalString("email"), createdAt: try row.timestamp("created_at"),
            properties: try row.json("properties").object ?? [:], sessionsSince: try row.optionalTimestamp("sessions_since"),
            grants: try answers[1].map(grant))
    }

    static func setMembership(
        of subject: String, in orgID: String, to isMember: Bool, _ transaction: PostgresTransaction
    ) async throws {
        if isMember {
            try await addMembership(of: subject, in: orgID, transaction)
        } else {
            try await removeMembership(of: subject, in: orgID, transaction)
        }
    }

    /// False when it is one already.
    @discardableResult
    static func addMembership(of subject: String, in orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            "INSERT INTO gateway.memberships (subject, org_id) VALUES (\(subject), \(orgID)) ON CONFLICT DO NOTHING") == 1
    }

    /// False when it was none.
    @discardableResult
    static func removeMembership(of subject: String, in orgID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM gateway.memberships WHERE subject = \(subject) AND org_id = \(orgID)") == 1
    }

    static func grants(of subject: String, _ transaction: PostgresTransaction) async throws -> [Grant] {
        try await transaction.query("SELECT level, object, role FROM gateway.role_assignments WHERE subject = \(subject)").map(
            grant)
    }

    static func grants(ofGroups groups: [String], _ transaction: PostgresTransaction) async throws -> [Grant] {
        guard !groups.isEmpty else { return [] }
        return try await transaction.query(
            "SELECT level, object, role FROM gateway.group_roles WHERE group_dn = ANY(\(groups))"
        )
        .map(grant)
    }

    static func assign(_ grant: Grant, to subject: String, in orgID: String, _ transaction: PostgresTransaction) async throws {
        try await assign([grant], to: subject, in: orgID, transaction)
    }

    /// - Parameter grants: Each on an object of its own.
    static func assign(
        _ grants: [Grant], to subject: String, in orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO gateway.role_assignments (org_id, subject, level, object, role)
            SELECT \(orgID), \(subject), given.level, given.object, given.role
            FROM unnest(\(grants.map(\.level.rawValue))::text[], \(grants.map(\.object))::text[], \(grants.map(\.role))::text[])
                 AS given (level, object, role)
            ON CONFLICT (org_id, subject, level, object) DO UPDATE SET role = excluded.role
            """)
    }

    static func assign(_ grant: Grant, toGroup group: String, in orgID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            INSERT INTO gateway.group_roles (org_id, group_dn, level, object, role)
            VALUES (\(orgID), \(group), \(grant.level.rawValue), \(grant.object), \(grant.role))
            ON CONFLICT (org_id, group_dn, level, object) DO UPDATE SET role = excluded.role
            """)
    }

    static func remove(_ grant: Grant, from subject: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM gateway.role_assignments
            WHERE subject = \(subject) AND level = \(grant.level.rawValue) AND object = \(grant.object) AND role = \(grant.role)
            """)
    }

    static func remove(_ grant: Grant, fromGroup group: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM gateway.group_roles
            WHERE group_dn = \(group) AND level = \(grant.level.rawValue) AND object = \(grant.object) AND role = \(grant.role)
            """)
    }

    static func removeAssignments(of subject: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.role_assignments WHERE subject = \(subject)")
    }

    /// When an application or environment type is gone, so are the roles on it: a later one of the same name must not inherit them.
    static func removeRoles(on place: RolePlace, _ transaction: PostgresTransaction) async throws {
        let level = place.level.rawValue, object = place.object
        try await transaction.execute("DELETE FROM gateway.role_assignments WHERE level = \(level) AND object = \(object)")
        try await transaction.execute("DELETE FROM gateway.group_roles WHERE level = \(level) AND object = \(object)")
    }

    /// Whoever it is takes it there, whatever it is.
    static func remove(from subject: String, on place: RolePlace, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM gateway.role_assignments
            WHERE subject = \(subject) AND level = \(place.level.rawValue) AND object = \(place.object)
            """)
    }

    static func remove(fromGroup group: String, on place: RolePlace, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM gateway.group_roles
            WHERE group_dn = \(group) AND level = \(place.level.rawValue) AND object = \(place.object)
            """)
    }

    private static func grant(_ row: Row) throws -> Grant {
        let level = try row.string("level")
        guard let level = RoleLevel(rawValue: level) else { throw PostgresError(.decoding, "'\(level)' is no level of roles") }
        return Grant(level: level, object: try row.string("object"), role: try row.string("role"))
    }
}
