import PlatformModel
import Postgres

/// The versions of resource definitions: each writing makes one, none changes, and one of them is active.
enum DefinitionVersionStore {
    struct Version: Sendable {
        /// As it was then; with the name and the criteria that the definition has now.
        var definition: ResourceDefinition
        var isActive: Bool
        var isFirst: Bool
        var createdAt: Timestamp
        var createdBy: String
    }

    /// Newest first.
    static func list(_ definitionID: String, _ transaction: PostgresTransaction) async throws -> [Version] {
        guard let record = try await DefinitionStore.definition(definitionID, transaction) else { return [] }
        return try await transaction.query(
            """
            SELECT *, row_number() OVER (ORDER BY created_at, id) = 1 AS first FROM orchestrator.definition_versions
            WHERE def_id = \(definitionID) ORDER BY created_at DESC, id DESC
            """
        )
        .map { try version($0, of: record.definition) }
    }

    static func version(
        _ id: String, of definitionID: String, _ transaction: PostgresTransaction
    ) async throws -> Version? {
        try await list(definitionID, transaction).first { $0.definition.versionID == id }
    }

    /// Every resource takes this version at its next deployment.
    static func activate(
        _ id: String, of definitionID: String, by user: String, _ transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE orchestrator.definitions
            SET active_version_id = \(id), updated_at = clock_timestamp(), updated_by = \(user) WHERE id = \(definitionID)
            """)
    }

    private static func version(_ row: Row, of present: ResourceDefinition) throws -> Version {
        var definition = present
        definition.versionID = try row.string("id")
        definition.driverType = try row.string("driver_type")
        definition.driverAccount = try row.optionalString("driver_account")
        definition.driverInputs = try row.json("driver_inputs").decode(DriverInputs.self)
        definition.provision = try row.json("provision").decode([String: CoProvision].self)
        return Version(
            definition: definition, isActive: definition.versionID == present.versionID, isFirst: try row.bool("first"),
            createdAt: try row.timestamp("created_at"), createdBy: try row.string("created_by"))
    }
}
