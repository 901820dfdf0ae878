import Logging

/// Applies the files of a folder to a database, each in a transaction, one migrator at a time.
///
/// It connects as a superuser or as a role that owns the database and may create roles. Every file but those that
/// begin with `-- martlet: as administrator` runs as `martlet_owner`, which therefore owns what it creates.
package struct Migrator: Sendable {
    /// Waits of one migrator for another, and single statements of a migration, end after this.
    private static let statementLimit: Duration = .seconds(600)
    /// Any number that nobody else uses in this database ("martlet" in ASCII).
    private static let lockKey: Int64 = 0x6D61_7274_6C65_74

    private let configuration: PostgresConfiguration
    private let folder: String
    private let logger: Logger

    package init(_ configuration: PostgresConfiguration, folder: String, logger: Logger) {
        var configuration = configuration
        configuration.statementTimeout = Self.statementLimit
        configuration.idleInTransactionTimeout = Self.statementLimit
        self.configuration = configuration
        self.folder = folder
        self.logger = logger
    }

    /// Brings the database to the newest version and returns the names of the files that were applied now.
    package func migrate() async throws(MigrationError) -> [String] {
        let files = try MigrationFile.all(in: folder)
        let connection: PostgresConnection
        do { connection = try await PostgresConnection.connect(configuration) } catch {
            throw MigrationError(.unreachable, "\(error)")
        }
        do throws(MigrationError) {
            let applied = try await apply(files, on: connection)
            await connection.close()
            return applied
        } catch {
            // Closing gives the advisory lock back.
            await connection.close()
            throw error
        }
    }

    private func apply(_ files: [MigrationFile], on connection: PostgresConnection) async throws(MigrationError) -> [String] {
        let checksums: [String], applied: [MigrationPlan.Applied]
        do throws(PostgresError) {
            try await connection.execute("SELECT pg_advisory_lock(\(Self.lockKey))")
            try await prepareHistory(on: connection)
            checksums = try await self.checksums(of: files, on: connection)
            applied = try await history(on: connection)
        } catch {
            throw MigrationError(.failed, "before the first migration: \(error)")
        }
        let pending = try MigrationPlan.pending(files: Array(zip(files, checksums)), applied: applied)
        for (file, checksum) in pending {
            logger.info("applying a migration", metadata: ["file": "\(file.fileName)"])
            try await apply(file, checksum: checksum, on: connection)
        }
        return pending.map(\.file.fileName)
    }

    private func apply(_ file: MigrationFile, checksum: String, on connection: PostgresConnection) async throws(MigrationError) {
        let transaction = TransactionMark(org: nil)
        do throws(PostgresError) {
            let role: SQL = file.runsAsAdministrator ? "SET LOCAL ROLE NONE" : "SET LOCAL ROLE martlet_owner"
            _ = try await connection.run([role], in: transaction)
            try await connection.runScript(file.text)
            guard await connection.isInTransaction else {
                throw PostgresError(.server(sqlstate: "25P01"), "it ends its transaction itself; leave COMMIT and ROLLBACK out")
            }
            let record: SQL = """
                INSERT INTO martlet.migrations (number, name, checksum) VALUES (\(file.number), \(file.name), \(checksum))
                """
            _ = try await connection.run(["SET LOCAL ROLE NONE", record], in: transaction)
            try await connection.commit(transaction)
        } catch {
            await connection.rollback(transaction)
            throw MigrationError(.failed, "\(file.fileName): \(error)")
        }
    }

    // MARK: History

    private func prepareHistory(on connection: PostgresConnection) async throws(PostgresError) {
        _ = try await connection.run([
            "CREATE SCHEMA IF NOT EXISTS martlet",
            """
            CREATE TABLE IF NOT EXISTS martlet.migrations (
                number integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """,
        ])
    }

    private func history(on connection: PostgresConnection) async throws(PostgresError) -> [MigrationPlan.Applied] {
        var applied: [MigrationPlan.Applied] = []
        for row in try await connection.query("SELECT number, name, checksum FROM martlet.migrations ORDER BY number") {
            applied.append(
                MigrationPlan.Applied(
                    number: try row.int("number"), name: try row.string("name"), checksum: try row.string("checksum")))
        }
        return applied
    }

    /// SHA-256 of each text, made by the server: this target needs no cryptography of its own.
    private func checksums(of files: [MigrationFile], on connection: PostgresConnection) async throws(PostgresError) -> [String] {
        let rows = try await connection.query(
            """
            SELECT encode(sha256(convert_to(file.text, 'UTF8')), 'hex') AS checksum
            FROM unnest(\(files.map(\.text))) WITH ORDINALITY AS file (text, position) ORDER BY position
            """)
        var checksums: [String] = []
        for row in rows { checksums.append(try row.string("checksum")) }
        return checksums
    }
}
