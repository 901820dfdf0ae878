import Cryptography
import PlatformModel
import Postgres
import ServiceAPI

/// Who is in an organisation, and as what: all of it in one organisation's transaction.
enum PeopleStore {
    /// Longer lists are cut; they are made whole in memory.
    private static let most = 10_000

    /// Makes changes of an organisation's roles wait for each other, until the transaction ends: who is the last administrator is
    /// known only to one at a time.
    static func lock(_ org: String, _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.query(
            "SELECT pg_advisory_xact_lock(hashtextextended('gateway roles ' || \(org), 0)) IS NULL AS got")
    }

    /// How many people whom the directory has named here are administrators, themselves or by a group; and how many service users.
    static func administrators(_ transaction: PostgresTransaction) async throws -> (people: Int, services: Int) {
        let rows = try await transaction.query(
            """
            SELECT
                (SELECT count(*) FROM gateway.users u WHERE EXISTS
                    (SELECT 1 FROM gateway.role_assignments a
                     WHERE a.subject = 'user:' || u.id AND a.level = 'org' AND a.role = 'administrator')
                 OR EXISTS
                    (SELECT 1 FROM gateway.group_roles g
                     WHERE g.group_dn = ANY(u.groups) AND g.level = 'org' AND g.role = 'administrator'))::int AS people,
                (SELECT count(*) FROM gateway.role_assignments a JOIN gateway.service_users s ON a.subject = 'service:' || s.id
                 WHERE a.level = 'org' AND a.role = 'administrator')::int AS services
            """)
        guard let row = rows.first else { throw PostgresError(.decoding, "a count gave no row") }
        return (try row.int("people"), try row.int("services"))
    }

    // MARK: Lists

    /// Everyone with a role there: their own, a group's, and the groups themselves. On the organisation also those who have a role on
    /// something in it only, as members, and the invitations.
    static func holders(on place: RolePlace, _ transaction: PostgresTransaction) async throws -> [RoleHolder] {
        let level = place.level.rawValue, object = place.object
        var statements: [SQL] = [
            """
            SELECT a.subject, a.role, coalesce(u.name, s.name) AS name, coalesce(u.email, s.email) AS email,
                coalesce(u.created_at, s.created_at, a.created_at) AS created_at, u.id IS NULL AND s.id IS NULL AS unseen
            FROM gateway.role_assignments a
            LEFT JOIN gateway.users u ON a.subject = 'user:' || u.id
            LEFT JOIN gateway.service_users s ON a.subject = 'service:' || s.id
            WHERE a.level = \(level) AND a.object = \(object) LIMIT \(most)
            """,
            """
            SELECT g.group_dn, g.role, g.created_at FROM gateway.group_roles g
            WHERE g.level = \(level) AND g.object = \(object) LIMIT \(most)
            """,
            """
            SELECT 'user:' || u.id AS subject, u.name, u.email, u.created_at, g.group_dn, g.role
            FROM gateway.group_roles g JOIN gateway.users u ON g.group_dn = ANY(u.groups)
            WHERE g.level = \(level) AND g.object = \(object) LIMIT \(most)
            """,
        ]
        if place.level == .organization {
            statements += [
                """
                SELECT 'user:' || id AS subject, name, email, created_at FROM gateway.users
                UNION ALL SELECT 'service:' || id, name, email, created_at FROM gateway.service_users LIMIT \(most)
                """,
                "SELECT id, address, role, created_at FROM gateway.invitations WHERE expires_at > clock_timestamp() LIMIT \(most)",
            ]
        }
        let answers = try await transaction.pipeline(statements)
        guard answers.count == statements.count else { throw PostgresError(.decoding, "a pipeline gave too few answers") }
        return try merged(answers, level: place.level)
    }

    private static func merged(_ answers: [[Row]], level: RoleLevel) throws -> [RoleHolder] {
        var people: [String: RoleHolder] = [:], others: [RoleHolder] = []
        for row in answers[0] {
            let subject = try row.string("subject"), id = String(subject.drop { $0 != ":" }.dropFirst())
            var holder = try person(row, subject, name: try row.optionalString("name") ?? id, role: try row.string("role"))
            if try row.bool("unseen") { holder.invite = "pending" }
            people[subject] = holder
        }
        for row in answers[1] {
            let name = try row.string("group_dn")
            var group = RoleHolder(
                id: try RoleSubject.id(ofGroup: name), name: name, type: "group", role: try row.string("role"),
                createdAt: try row.timestamp("created_at"))
            group.idpID = GroupInfo.directory
            group.groupID = name
            others.append(group)
        }
        for row in answers[2] {
            let subject = try row.string("subject"), role = try row.string("role")
            let group = try RoleSubject.id(ofGroup: try row.string("group_dn"))
            var holder = try people[subject] ?? person(row, subject, name: try row.string("name"), role: "")
            if level.strength(of: role) > level.strength(of: holder.role) {
                (holder.role, holder.via) = (role, [group])
            } else if holder.role == role {
                holder.via?.append(group)
            }
            people[subject] = holder
        }
        if answers.count > 3 {
            for row in answers[3] {
                let subject = try row.string("subject")
                guard people[subject] == nil else { continue }
                people[subject] = try person(row, subject, name: try row.string("name"), role: OrgRole.member.rawValue)
            }
            for row in answers[4] {
                var invited = RoleHolder(
                    id: RoleSubject.invitationPrefix + (try row.string("id")), name: try row.string("address"),
                    email: try row.string("address"), type: "user", role: try row.string("role"),
                    createdAt: try row.timestamp("created_at"))
                invited.invite = "pending"
                others.append(invited)
            }
        }
        return (people.values + others).sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    private static func person(_ row: Row, _ subject: String, name: String, role: String) throws -> RoleHolder {
        RoleHolder(
            id: subject, name: name, email: try row.optionalString("email"),
            type: subject.hasPrefix("service:") ? "service" : "user", role: role, createdAt: try row.timestamp("created_at"))
    }

    // MARK: Finding one

    /// Those whom a name means: by id, user name, mail address, or a service user's name. Ids come before names, so that nobody takes
    /// another's place by what they call themselves.
    static func subjects(named name: String, _ transaction: PostgresTransaction) async throws -> [Subject] {
        let rows = try await transaction.query(
            """
            SELECT 'user:' || id AS subject, id = \(name) AS by_id FROM gateway.users
            WHERE id = \(name) OR lower(username) = lower(\(name)) OR lower(email) = lower(\(name))
            UNION SELECT 'service:' || id, id = \(name) FROM gateway.service_users WHERE id = \(name) OR name = \(name)
            UNION SELECT subject, true FROM gateway.role_assignments WHERE subject = 'user:' || \(name)
            LIMIT 20
            """)
        let found = try rows.map { (try row($0), try $0.bool("by_id")) }
        let byID = found.filter(\.1)
        return (byID.isEmpty ? found : byID).map(\.0)
    }

    private static func row(_ row: Row) throws -> Subject {
        guard let subject = Subject(try row.string("subject")) else {
            throw PostgresError(.decoding, "a subject of no known kind")
        }
        return subject
    }

    /// Whether this organisation knows them: by the directory's word, by its own making, or by a role that was given beforehand.
    static func knows(_ subject: Subject, _ transaction: PostgresTransaction) async throws -> Bool {
        let known: SQL
        switch subject {
        case .user(let id): known = "SELECT 1 AS known FROM gateway.users WHERE id = \(id)"
        case .service(let id): known = "SELECT 1 AS known FROM gateway.service_users WHERE id = \(id)"
        }
        return try await !transaction.query(
            known + " UNION ALL SELECT 1 FROM gateway.role_assignments WHERE subject = \(subject.reference) LIMIT 1"
        ).isEmpty
    }

    /// The groups that hold roles here, with when they first got one.
    static func groups(_ transaction: PostgresTransaction) async throws -> [GroupInfo] {
        try await transaction.query(
            """
            SELECT group_dn, min(created_at) AS created_at FROM gateway.group_roles
            GROUP BY group_dn ORDER BY group_dn LIMIT \(most)
            """
        )
        .map { row in
            let name = try row.string("group_dn")
            return GroupInfo(
                id: try RoleSubject.id(ofGroup: name), groupID: name, role: nil, createdAt: try row.timestamp("created_at"))
        }
    }

    /// The people whom the directory has named in a group at their last look, as far as they are of this organisation.
    static func members(ofGroup name: String, _ transaction: PostgresTransaction) async throws -> [PersonInfo] {
        try await transaction.query(
            """
            SELECT id, name, email, created_at FROM gateway.users WHERE \(name) = ANY(groups)
            ORDER BY name, id LIMIT \(most)
            """
        )
        .map { row in
            PersonInfo(
                id: "user:" + (try row.string("id")), name: try row.string("name"), email: try row.optionalString("email"),
                type: "user", createdAt: try row.timestamp("created_at"))
        }
    }

    /// Normalised DNs, as the directory said at the last look.
    static func groups(ofUser id: String, _ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query("SELECT groups FROM gateway.users WHERE id = \(id)").first?.strings("groups") ?? []
    }

    // MARK: Service users

    /// So many an organisation has at most: a list shows them all, beside the people.
    static let mostServiceUsers = 2000

    static func countServiceUsers(_ transaction: PostgresTransaction) async throws -> Int {
        try await transaction.query("SELECT count(*)::int AS count FROM gateway.service_users").first?.int("count") ?? 0
    }

    /// False when there is one of this name.
    static func insertServiceUser(
        id: String, _ request: ServiceUserRequest, in org: String, by creator: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO gateway.service_users (org_id, id, name, email, created_by)
            VALUES (\(org), \(id), \(request.name), \(request.email), \(creator)) ON CONFLICT (org_id, name) DO NOTHING
            """) == 1
    }

    /// With its tokens, which are worth nothing from then on.
    static func deleteServiceUser(id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.service_users WHERE id = \(id)")
        try await transaction.execute("DELETE FROM gateway.tokens WHERE subject = \("service:" + id)")
    }

    // MARK: Ends

    /// All roles of a group in this organisation.
    static func removeGroup(_ name: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM gateway.group_roles WHERE group_dn = \(name)")
    }

    /// The directory is asked soon about those who are in a group: they may have lost their place here.
    static func forgetChecks(ofGroup name: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            DELETE FROM gateway.directory_checks
            WHERE subject IN (SELECT 'user:' || id FROM gateway.users WHERE \(name) = ANY(groups))
            """)
    }
}
