import PlatformModel
import Postgres

/// The classes that an organisation gave resource types.
enum ResourceClassStore {
    private static let columns: SQL = "SELECT type, id, description, created_by, created_at FROM orchestrator.resource_classes"

    /// By type, then id.
    static func list(_ transaction: PostgresTransaction) async throws -> [ResourceClass] {
        try await transaction.query(columns + " ORDER BY type, id").map(read)
    }

    static func find(_ id: String, of type: String, _ transaction: PostgresTransaction) async throws -> ResourceClass? {
        try await transaction.query(columns + " WHERE type = \(type) AND id = \(id)").first.map(read)
    }

    /// False where it is there already.
    static func insert(
        _ id: String, of type: String, _ description: String, by user: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO orchestrator.resource_classes (org_id, type, id, description, created_by)
            VALUES (martlet.current_org(), \(type), \(id), \(description), \(user)) ON CONFLICT DO NOTHING
            """) == 1
    }

    /// False where it is not there.
    static func describe(
        _ id: String, of type: String, _ description: String, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await transaction.execute(
            "UPDATE orchestrator.resource_classes SET description = \(description) WHERE type = \(type) AND id = \(id)") == 1
    }

    /// False where it is not there.
    static func delete(_ id: String, of type: String, _ transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute("DELETE FROM orchestrator.resource_classes WHERE type = \(type) AND id = \(id)") == 1
    }

    static func deleteAll(of type: String, _ transaction: PostgresTransaction) async throws {
        try await transaction.execute("DELETE FROM orchestrator.resource_classes WHERE type = \(type)")
    }

    private static func read(_ row: Row) throws -> ResourceClass {
        ResourceClass(
            id: try row.string("id"), resourceType: try row.string("type"), description: try row.string("description"),
            createdBy: try row.string("created_by"), createdAt: try row.timestamp("created_at"))
    }
}
