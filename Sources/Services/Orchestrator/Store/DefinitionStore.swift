import PlatformModel
import Postgres

/// Resource types that the organisation added, resource definitions, their versions and criteria.
enum DefinitionStore {
    /// A definition with its dates, as the contract answers it.
    struct Record {
        var definition: ResourceDefinition
        var createdAt: Timestamp
        var createdBy: String
        var updatedAt: Timestamp
        var updatedBy: String
    }

    private static let columns: SQL = """
        SELECT d.id, d.name, d.type, d.active_version_id, d.created_at, d.created_by, d.updated_at, d.updated_by,
               v.driver_type, v.driver_account, v.driver_inputs, v.provision,
               coalesce((SELECT jsonb_agg(to_jsonb(c) - 'org_id' - 'def_id' - 'type' ORDER BY c.id)
                         FROM orchestrator.criteria c WHERE c.def_id = d.id), '[]') AS criteria
        FROM orchestrator.definitions d
        JOIN orchestrator.definition_versions v ON v.def_id = d.id AND v.id = d.active_version_id
        """

    static func list(_ transaction: PostgresTransaction) async throws -> [Record] {
        try await transaction.query(columns + " ORDER BY d.id").map(record)
    }

    static func definition(_ id: String, _ transaction: PostgresTransaction) async throws -> Record? {
        try await transaction.query(columns + " WHERE d.id = \(id)").first.map(record)
    }

    /// Writes a new version and makes it the active one; inserts the definition when `isNew`.
    ///
    /// - Returns: false when the id is taken (`isNew`).
    static func write(
        _ definition: ResourceDefinition, isNew: Bool, by user: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        if isNew {
            let inserted = try await transaction.execute(
                """
                INSERT INTO orchestrator.definitions (org_id, id, name, type, active_version_id, created_by, updated_by)
                VALUES (martlet.current_org(), \(definition.id), \(definition.name), \(definition.type),
                        \(definition.versionID), \(user), \(user))
                ON CONFLICT DO NOTHING
                """)
            guard inserted == 1 else { return false }
        } else {
            try await transaction.execute(
                """
                UPDATE orchestrator.definitions
                SET name = \(definition.name), active_version_id = \(definition.versionID), updated_at = clock_timestamp(),
                    updated_by = \(user)
                WHERE id = \(definition.id)
                """)
        }
        try await transaction.execute(
            """
            INSERT INTO orchestrator.definition_versions
                (org_id, def_id, id, driver_type, driver_account, driver_inputs, provision, created_by)
            VALUES (martlet.current_org(), \(definition.id), \(definition.versionID), \(definition.driverType),
                    \(definition.driverAccount), \(try JSON(encoding: definition.driverInputs)),
                    \(try JSON(encoding: definition.provision)), \(user))
            """)
        return true
    }

    static func delete(_ id: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.definitions WHERE id = \(id)")
    }

    /// - Throws: a unique violation of `criteria_are_unique` when another definition of the type has the same criterion.
    static func insert(
        _ criterion: MatchingCriteria, of definition: ResourceDefinition, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.criteria (org_id, id, def_id, type, class, env_type, app_id, env_id, res_id)
            VALUES (martlet.current_org(), \(criterion.id), \(definition.id), \(definition.type), \(criterion.class),
                    \(criterion.envType), \(criterion.appID), \(criterion.envID), \(criterion.resID))
            """)
    }

    static func deleteCriterion(_ id: String, of definitionID: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            "DELETE FROM orchestrator.criteria WHERE def_id = \(definitionID) AND id = \(id)") == 1
    }

    static func deleteCriteria(of definitionID: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.criteria WHERE def_id = \(definitionID)")
    }

    static func types(_ transaction: PostgresTransaction) async throws -> [ResourceType] {
        try await transaction.query("SELECT * FROM orchestrator.resource_types ORDER BY type").map { row in
            ResourceType(
                type: try row.string("type"), name: try row.string("name"), category: try row.string("category"),
                use: try row.string("use"), inputsSchema: try row.json("inputs_schema"),
                outputsSchema: try row.json("outputs_schema"))
        }
    }

    /// Of some types those that are the organisation's own, by name: these have a slash in theirs.
    static func ownTypes(
        among names: some Sequence<String>, _ transaction: PostgresTransaction
    ) async throws -> [String: ResourceType] {
        guard names.contains(where: { $0.contains("/") }) else { return [:] }
        return Dictionary(try await types(transaction).map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static func insert(_ type: ResourceType, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.resource_types (org_id, type, name, category, use, inputs_schema, outputs_schema)
            VALUES (martlet.current_org(), \(type.type), \(type.name), \(type.category), \(type.use), \(type.inputsSchema),
                    \(type.outputsSchema))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    static func update(_ type: ResourceType, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.resource_types
            SET name = \(type.name), category = \(type.category), use = \(type.use), inputs_schema = \(type.inputsSchema),
                outputs_schema = \(type.outputsSchema)
            WHERE type = \(type.type)
            """)
    }

    /// Held until the end of the transaction; false where there is no such type of the organisation's own.
    static func lockType(_ type: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await !transaction.query(
            "SELECT 1 AS held FROM orchestrator.resource_types WHERE type = \(type) FOR UPDATE"
        ).isEmpty
    }

    static func deleteType(_ type: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.resource_types WHERE type = \(type)")
    }

    private static func record(_ row: Row) throws -> Record {
        let definition = ResourceDefinition(
            id: try row.string("id"), name: try row.string("name"), type: try row.string("type"),
            driverType: try row.string("driver_type"), driverAccount: try row.optionalString("driver_account"),
            driverInputs: try row.json("driver_inputs").decode(DriverInputs.self),
            criteria: try row.json("criteria").decode([MatchingCriteria].self),
            provision: try row.json("provision").decode([String: CoProvision].self),
            versionID: try row.string("active_version_id"))
        return Record(
            definition: definition, createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"),
            updatedAt: try row.timestamp("updated_at"), updatedBy: try row.string("updated_by"))
    }
}
