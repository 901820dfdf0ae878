import Glibc
import Logging
import PlatformModel
import Postgres

/// Makes the database, lets the services' users in, and brings its schema up to date.
struct DatabaseSetup: Sendable {
    let database: AdminDatabase
    let migrations: String
    /// Whether PostgreSQL's files are ours to write.
    let writesPeerMap: Bool
    let logger: Logger

    /// - Parameter changed: Told each thing that was not there before.
    func run(_ changed: (String) -> Void) async throws {
        let server = try await connectToServer()
        do {
            try await prepare(server, changed)
        } catch {
            await server.close()
            throw error
        }
        await server.close()
        let applied = try await Migrator(database.configuration(), folder: migrations, logger: logger).migrate()
        for file in applied { changed("applied \(file)") }
    }

    private func connectToServer() async throws -> PostgresConnection {
        do {
            return try await database.connectToServer()
        } catch {
            // A server that somebody else manages may give us this one database and no other.
            if let connection = try? await database.connect() { return connection }
            throw ErrorBody(
                error: "ADM-022",
                message: "cannot reach PostgreSQL: \(error.message). Is it running, and is `database` of admin.yaml its address?")
        }
    }

    private func prepare(_ server: PostgresConnection, _ changed: (String) -> Void) async throws {
        let facts = try await ClusterStore.facts(server, database: database.name)
        let statements = facts.statementsForOthers
        guard statements.isEmpty else {
            throw ErrorBody(
                error: "ADM-023",
                message:
                    "the role '\(facts.user)' may not make everything that is needed. Have a superuser of that server run the "
                    + "following, then run this again:\n\n" + statements.map { "  \($0)\n" }.joined())
        }
        if !facts.hasDatabase {
            try await ClusterStore.createDatabase(database.name, server)
            changed("made the database \(database.name)")
        }
        guard database.isLocal, facts.isSuperuser, writesPeerMap else { return }
        try await letServicesIn(server, administrator: facts.user, changed)
    }

    private func letServicesIn(
        _ server: PostgresConnection, administrator: String, _ changed: (String) -> Void
    ) async throws {
        let files = try await ClusterStore.files(server)
        guard HostFile.exists(files.rules), HostFile.exists(files.mappings) else {
            throw ErrorBody(
                error: "ADM-024",
                message: "\(files.rules) and \(files.mappings) of the PostgreSQL server are not on this machine. Put\n\n  "
                    + PeerMap.rule(database: database.name, administrator: administrator)
                    + "\n\nat the beginning of the one,\n\n"
                    + PeerMap.mappings(administrator: administrator).map { "  \($0)\n" }.joined()
                    + "\ninto the other, and run this again with --leave-peer-map")
        }
        if let text = PeerMap.mappings(try HostFile.text(files.mappings), administrator: administrator) {
            try HostFile.replace(files.mappings, Array(text.utf8))
            changed("let the services' users into PostgreSQL: \(files.mappings)")
        }
        if let text = PeerMap.rules(try HostFile.text(files.rules), database: database.name, administrator: administrator) {
            try HostFile.replace(files.rules, Array(text.utf8))
            changed("let the services' users into the database: \(files.rules)")
        }
        // Always: an earlier run may have been ended right before it.
        try await ClusterStore.reload(server)
        try await untilLetIn(server)
    }

    /// The server reads its files again in its own time.
    private func untilLetIn(_ server: PostgresConnection) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            do {
                let connection = try await database.connect()
                return await connection.close()
            } catch {
                guard ContinuousClock.now < deadline else {
                    let broken = try await ClusterStore.brokenLines(server).joined(separator: "; ")
                    throw ErrorBody(
                        error: "ADM-022",
                        message: "PostgreSQL does not let root in as '\(database.user)': "
                            + (broken.isEmpty ? error.message : "it cannot read its own files: \(broken)"))
                }
                try await Task.sleep(for: .milliseconds(50))
            }
        }
    }
}
