import PlatformModel
import Postgres
import TestSupport
import Testing

extension Appliance {
    /// An entry of the audit log that a request of the public API left.
    struct Recorded: Sendable, Hashable {
        var outcome: String
        var status: Int
        var method: String
        var path: String
        var org: String?
        var actor: String
    }

    /// What is on record of a request, by its answer.
    func record(of answer: Answer) async throws -> [Recorded] {
        let id = try #require(answer.headers["martlet-request-id"])
        return try await sql(
            """
            SELECT outcome, status, method, path, org_id, actor FROM audit.entries
            WHERE request_id = \(id) AND method IS NOT NULL AND status IS NOT NULL ORDER BY ctid
            """
        ).map { row in
            Recorded(
                outcome: try row.string("outcome"), status: try row.int("status"), method: try row.string("method"),
                path: try row.string("path"), org: try row.optionalString("org_id"), actor: try row.string("actor"))
        }
    }

    /// As the database's superuser.
    func sql(_ statement: SQL) async throws -> [Row] {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: dsn()))
        let rows: [Row]
        do { rows = try await connection.query(statement) } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return rows
    }
}
