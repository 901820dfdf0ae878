import PlatformModel
import Postgres

/// Organisations and their environment types.
enum OrganizationStore {
    static func organization(_ transaction: PostgresTransaction) async throws -> Organization? {
        try await transaction.query("SELECT org_id, name, created_at, created_by FROM orchestrator.organizations").first
            .map(organization)
    }

    /// False when the organisation exists already.
    static func insert(id: String, name: String, createdBy: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.organizations (org_id, name, created_by)
            VALUES (\(id), \(name), \(createdBy)) ON CONFLICT DO NOTHING
            """) == 1
    }

    static func environmentTypes(_ transaction: PostgresTransaction) async throws -> [EnvironmentType] {
        try await transaction.query("SELECT id, description FROM orchestrator.environment_types ORDER BY id")
            .map(environmentType)
    }

    /// Their ids, in the order in which they were made.
    static func environmentTypesInOrder(_ transaction: PostgresTransaction) async throws -> [String] {
        try await transaction.query("SELECT id FROM orchestrator.environment_types ORDER BY position").map { try $0.string("id") }
    }

    static func environmentType(_ id: String, _ transaction: PostgresTransaction) async throws -> EnvironmentType? {
        try await transaction.query("SELECT id, description FROM orchestrator.environment_types WHERE id = \(id)").first
            .map(environmentType)
    }

    static func insert(_ type: EnvironmentType, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.environment_types (org_id, id, description)
            VALUES (martlet.current_org(), \(type.id), \(type.description)) ON CONFLICT DO NOTHING
            """) == 1
    }

    /// The limits of time of an environment type, and who set them; nil when there is none such.
    static func limits(
        ofType id: String, _ transaction: PostgresTransaction
    ) async throws -> (limits: EnvironmentTypeLimits, by: String?)? {
        try await transaction.query(
            """
            SELECT step_limit_seconds, deployment_limit_seconds, limits_set_by FROM orchestrator.environment_types WHERE id = \(id)
            """
        )
        .first.map { row in
            let limits = EnvironmentTypeLimits(
                type: id, step: try row.optionalInt("step_limit_seconds"),
                deployment: try row.optionalInt("deployment_limit_seconds"))
            return (limits, try row.optionalString("limits_set_by"))
        }
    }

    static func setLimits(_ limits: EnvironmentTypeLimits, by: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.environment_types
            SET step_limit_seconds = \(limits.step), deployment_limit_seconds = \(limits.deployment), limits_set_by = \(by)
            WHERE id = \(limits.type)
            """)
    }

    static func deleteEnvironmentType(_ id: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM orchestrator.environment_types WHERE id = \(id)") == 1
    }

    /// `app/env` of every environment of a type.
    static func environments(ofType id: String, _ transaction: PostgresTransaction) async throws -> [(app: String, env: String)] {
        try await transaction.query(
            "SELECT app_id, id FROM orchestrator.environments WHERE type = \(id) ORDER BY app_id, id"
        )
        .map { (try $0.string("app_id"), try $0.string("id")) }
    }

    private static func organization(_ row: Row) throws -> Organization {
        Organization(
            id: try row.string("org_id"), name: try row.string("name"), createdAt: try row.timestamp("created_at"),
            createdBy: try row.string("created_by"))
    }

    private static func environmentType(_ row: Row) throws -> EnvironmentType {
        EnvironmentType(id: try row.string("id"), description: try row.string("description"))
    }
}
