import Planning
import PlatformModel
import Postgres

/// The accounts that an organisation's drivers work with.
enum AccountStore {
    struct Record: Sendable {
        var account: ResourceAccount
        /// Where the broker keeps the credentials.
        var secretPath: String
        var identity: [AccountType.IdentityField]
        /// Another one after each change, of credentials too.
        var revision = ""

        /// What it was for whoever has read it: credentials are never shown, and are a part of it.
        var tag: EntityTag { EntityTag(of: Array("\(account.id) \(revision)".utf8)) }
    }

    private static let columns: SQL = """
        SELECT a.id, a.name, a.type, a.secret_path, a.identity, a.created_at, a.created_by, a.updated_at::text AS revision,
               EXISTS (SELECT FROM orchestrator.definitions d
                       JOIN orchestrator.definition_versions v ON v.def_id = d.id AND v.id = d.active_version_id
                       WHERE v.driver_account = a.id)
               OR EXISTS (SELECT FROM orchestrator.active_resources r WHERE r.driver_account = a.id) AS is_used
        FROM orchestrator.accounts a
        """

    static func list(_ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(columns + " ORDER BY a.id").map(record)
    }

    static func account(_ id: String, _ transaction: PostgresTransaction) async throws -> Record? {
        try await transaction.query(columns + " WHERE a.id = \(id)").first.map(record)
    }

    /// What a plan needs to know of them.
    static func known(_ transaction: PostgresTransaction) async throws -> KnownAccounts {
        let answers = try await transaction.pipeline([
            "SELECT id, type, secret_path FROM orchestrator.accounts",
            "SELECT org_id || '/' || id AS driver_type, account_types FROM orchestrator.drivers WHERE account_types <> '{}'",
        ])
        var known = KnownAccounts()
        for row in answers[0] {
            known.accounts[try row.string("id")] = KnownAccounts.Account(
                type: try row.string("type"), credentials: SecretReference(ref: try row.string("secret_path")))
        }
        for row in answers[1] { known.typesTaken[try row.string("driver_type")] = try row.strings("account_types") }
        return known
    }

    /// Whoever changes or deletes one takes turns. False where there is none.
    static func lock(_ id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query("SELECT FROM orchestrator.accounts WHERE id = \(id) FOR UPDATE").isEmpty
    }

    /// False where the id is taken.
    static func insert(_ record: Record, _ transaction: PostgresTransaction) async throws -> Bool {
        let account = record.account
        return try await transaction.execute(
            """
            INSERT INTO orchestrator.accounts (org_id, id, name, type, secret_path, identity, created_by, updated_by)
            VALUES (martlet.current_org(), \(account.id), \(account.name), \(account.type), \(record.secretPath),
                    \(try JSON(encoding: record.identity)), \(account.createdBy), \(account.createdBy))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    static func update(
        _ id: String, name: String, identity: [AccountType.IdentityField], by user: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.accounts
            SET name = \(name), identity = \(try JSON(encoding: identity)), updated_at = clock_timestamp(), updated_by = \(user)
            WHERE id = \(id)
            """)
    }

    static func delete(_ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.accounts WHERE id = \(id)")
    }

    /// Of each kind of things that refer to one.
    private static let mostTold = 100

    /// Definitions, and resources that stand, as a conflict tells them: `definition 'db'`.
    static func uses(of id: String, _ transaction: PostgresTransaction) async throws -> [String] {
        let results = try await transaction.pipeline([
            """
            SELECT d.id FROM orchestrator.definitions d
            JOIN orchestrator.definition_versions v ON v.def_id = d.id AND v.id = d.active_version_id
            WHERE v.driver_account = \(id) ORDER BY d.id LIMIT \(mostTold)
            """,
            """
            SELECT r.type, r.class, r.res_id, r.app_id, r.env_id FROM orchestrator.active_resources r
            WHERE r.driver_account = \(id) ORDER BY r.app_id, r.env_id, r.type, r.class, r.res_id LIMIT \(mostTold)
            """,
        ])
        let definitions = try results[0].map { "definition '\(try $0.string("id"))'" }
        let resources = try results[1].map { row in
            let identity = ResourceIdentity(
                type: try row.string("type"), class: try row.string("class"), id: try row.string("res_id"))
            return "\(identity) of \(try row.string("app_id"))/\(try row.string("env_id"))"
        }
        return definitions + resources
    }

    private static func record(_ row: Row) throws -> Record {
        Record(
            account: ResourceAccount(
                id: try row.string("id"), name: try row.string("name"), type: try row.string("type"),
                isUsed: try row.bool("is_used"), createdBy: try row.string("created_by"),
                createdAt: try row.timestamp("created_at")),
            secretPath: try row.string("secret_path"),
            identity: try row.json("identity").decode([AccountType.IdentityField].self), revision: try row.string("revision"))
    }
}
