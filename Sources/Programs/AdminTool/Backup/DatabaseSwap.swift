import AuditRules
import PlatformModel
import Postgres

/// Restores a database beside the one that is there, and lets it take that one's place at once.
struct DatabaseSwap {
    let database: AdminDatabase

    var newName: String { AdminDatabase.restoring(database.name) }

    /// Whether there is anything in the database that somebody would miss.
    func isInUse() async throws -> Bool {
        try await with(try await database.connect()) { try await DatabaseSwapStore.isInUse($0) }
    }

    /// - Parameter next: The next part of the dump.
    func fill(_ next: () throws -> [UInt8]?) async throws {
        try await with(try await database.connectToServer()) { server in
            try await DatabaseSwapStore.drop(newName, server)
            try await ClusterStore.createDatabase(newName, server)
            try await DatabaseSwapStore.letServicesConnect(newName, server)
        }
        var environment = database.environment
        environment["PGDATABASE"] = newName
        try await HostProgram.feed(
            "pg_restore", ["--exit-on-error", "--single-transaction", "--no-password", "--dbname=\(newName)"],
            environment: environment,
            next)
    }

    /// Puts an entry into the restored database's audit log; the broker seals it when it starts.
    func record(_ entry: AuditEntry) async throws {
        try await with(try await PostgresConnection.connect(database.configuration(database: newName))) {
            try await DatabaseSwapStore.record(entry, $0)
        }
    }

    /// A database that somebody is connected to keeps its name.
    func refuseSessions() async throws {
        let others = try await with(try await database.connectToServer()) {
            try await DatabaseSwapStore.sessions(database.name, $0)
        }
        guard others.isEmpty else {
            throw ErrorBody(
                error: "ADM-035",
                message:
                    "the database is in use by \(others.joined(separator: ", ")); stop Martlet (systemctl stop martlet.target "
                    + "'martlet-*.socket' 'martlet-*.service') and run this again")
        }
    }

    /// - Returns: The new name of the database that was there, if it was kept.
    func swap(keepsOld: Bool) async throws -> String? {
        try await refuseSessions()
        return try await with(try await database.connectToServer()) { server in
            let old = try await DatabaseSwapStore.replace(database.name, by: newName, server)
            if keepsOld { return old }
            try await DatabaseSwapStore.drop(old, server)
            return nil
        }
    }

    private func with<Result>(
        _ connection: PostgresConnection, _ body: (PostgresConnection) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
