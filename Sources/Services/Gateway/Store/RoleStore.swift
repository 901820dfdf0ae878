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
        var grants: [Grant]
    }

    /// nil for a person whom the directory has not named there, or does no longer: then their roles are worth nothing.
    static func held(by subject: Subject, in orgID: String, _ pool: PostgresPool) async throws -> Held? {
        let who: SQL, grants: SQL
        switch subject {
        case .user(let id):
            who = "SELECT name, email, created_at FROM gateway.users WHERE id = \(id)"
            grants = """
                SELECT level, object, role FROM gateway.role_assignments WHERE subject = \(subject.reference)
                UNION ALL
                SELECT g.level, g.object, g.role FROM gateway.users u
                JOIN gateway.group_roles g ON g.org_id = u.org_id AND g.group_dn = ANY(u.groups) WHERE u.id = \(id)
                """
        case .service(let id):
            who = "SELECT name, NULL::text AS email, created_at FROM gateway.service_users WHERE id = \(id)"
            grants = "SELECT level, object, role FROM gateway.role_assignments WHERE subject = \(subject.reference)"
        }
        let answers = try await pool.pipeline([who, grants], org: orgID)
        guard answers.count == 2, let row = answers[0].first else { return nil }
        return Held(
            name: try row.string("name"), email: try row.optionalString("email"), createdAt: try row.timestamp("created_at"),
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

    static func addMembership(of subject: String, in orgID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "INSERT INTO gateway.memberships (subject, org_id) VALUES (\(subject), \(orgID)) ON CONFLICT DO NOTHING")
    }

    static func removeMembership(of subject: String, in orgID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.memberships WHERE subject = \(subject) AND org_id = \(orgID)")
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
        try await transaction.execute(
            """
            INSERT INTO gateway.role_assignments (org_id, subject, level, object, role)
            VALUES (\(orgID), \(subject), \(grant.level.rawValue), \(grant.object), \(grant.role))
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

    /// When an application is gone, so are the roles on it: a later one of the same name must not inherit them.
    static func removeRoles(onApplication appID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.role_assignments WHERE level = 'app' AND object = \(appID)")
        try await transaction.execute("DELETE FROM gateway.group_roles WHERE level = 'app' AND object = \(appID)")
    }

    private static func grant(_ row: Row) throws -> Grant {
        let level = try row.string("level")
        guard let level = RoleLevel(rawValue: level) else { throw PostgresError(.decoding, "'\(level)' is no level of roles") }
        return Grant(level: level, object: try row.string("object"), role: try row.string("role"))
    }
}
