import PlatformModel
import Postgres
import PureDrivers

/// What a database holds that its end would lose.
enum HeldData {
    /// Tables that are looked into; a database with more of them is held to have data.
    private static let mostTables = 2000
    private static let namedTables = 3

    /// Some words on it; nil when no table has a row, and there is no large object.
    ///
    /// What cannot be looked into counts as data.
    static func find(
        in database: String, _ inputs: PostgresInputs, for request: DriverRequest
    ) async throws(DriverError) -> String? {
        do throws(PostgresError) {
            return try await find(in: database, inputs)
        } catch {
            switch error.kind {
            case .connection, .cancelled:
                throw DriverError(
                    code: "DRV-305", message: "\(request.identity): the database '\(database)' cannot be looked into: \(error)",
                    kind: .transient)
            default: return "it cannot be looked into: \(error)"
            }
        }
    }

    private static func find(in database: String, _ inputs: PostgresInputs) async throws(PostgresError) -> String? {
        let connection = try await PostgresConnection.connect(inputs.configuration(database: database))
        do throws(PostgresError) {
            let found = try await look(connection)
            await connection.close()
            return found
        } catch {
            await connection.close()
            throw error
        }
    }

    private static func look(_ connection: PostgresConnection) async throws(PostgresError) -> String? {
        // Without a page there is no row; views, indexes and foreign tables hold nothing of their own.
        let tables = try await connection.query(
            """
            SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
              AND pg_relation_size(c.oid) > 0
            ORDER BY pg_relation_size(c.oid) DESC, 1, 2 LIMIT \(mostTables + 1)
            """)
        if tables.count > mostTables { return "more than \(mostTables) tables" }
        var named: [String] = []
        for table in tables where named.count < namedTables {
            let schema = try table.string("schema"), name = try table.string("name")
            if try await hasRow(schema, name, connection) { named.append("\(schema).\(name)") }
        }
        if !named.isEmpty { return "rows in \(named.joined(separator: ", "))" + (named.count == namedTables ? ", ..." : "") }
        let objects = try await connection.query("SELECT EXISTS (SELECT FROM pg_largeobject_metadata) AS held")
        return try objects.first?.bool("held") == true ? "large objects" : nil
    }

    private static func hasRow(
        _ schema: String, _ name: String, _ connection: PostgresConnection
    ) async throws(PostgresError) -> Bool {
        do throws(PostgresError) {
            let rows = try await connection.query("SELECT EXISTS (SELECT FROM \(identifier: schema).\(identifier: name)) AS held")
            return try rows.first?.bool("held") ?? true
        } catch {
            // Another role's table that is closed to the administrator, or one that is gone by now.
            if error.kind == .server(sqlstate: "42501") { return true }
            if error.kind == .server(sqlstate: "42P01") { return false }
            throw error
        }
    }
}
