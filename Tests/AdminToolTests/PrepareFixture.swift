import FoundationEssentials
import Glibc
import Postgres
import TestSupport

/// A host before `martlet-admin prepare`: a PostgreSQL that lets each Unix user in under its own name alone, as Debian's does, and no keys.
struct PrepareFixture: Sendable {
    let folder: TemporaryFolder
    let server: PostgresServer

    static let database = "martlet"

    init() async throws {
        folder = try TemporaryFolder("mprep")
        server = try PostgresServer()
        try await server.untilReady()
        try Data("local all all peer\n".utf8).write(to: URL(filePath: rules))
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn()))
        _ = try await connection.query("SELECT pg_reload_conf() AS done")
        await connection.close()
        // Root is no role there.
        let dsn = server.dsn()
        try await eventually("the server to know its new rules") {
            guard let connection = try? await PostgresConnection.connect(PostgresConfiguration(dsn: dsn)) else { return true }
            await connection.close()
            return false
        }
        for name in ["units", "credentials"] {
            try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
        }
        try configure(database: server.dsn(database: Self.database))
    }

    var rules: String { server.socketFolder + "/data/pg_hba.conf" }
    var mappings: String { server.socketFolder + "/data/pg_ident.conf" }
    var key: String { folder.file("credentials/root-key") }
    var backupKey: String { folder.file("credentials/backup-key") }

    func configure(database dsn: String) throws {
        try folder.write(
            """
            database: \(dsn)
            migrations: \(PrivatePostgres.migrations)
            sockets: {orchestrator: \(folder.file("orchestrator.sock")), gateway: \(folder.file("gateway.sock"))}
            root_key: {file: \(key), owner: "\(getuid())"}
            backup: {public_key: \(folder.file("backup-key.pub")), private_key: \(backupKey)}
            """, to: "admin.yaml")
    }

    /// - Parameters:
    ///   - path: Where programs are looked for.
    ///   - seconds: After which it is killed.
    func prepare(_ words: [String] = [], path: String? = nil, killedAfter seconds: Double? = nil) async throws -> CommandRun {
        try await run(["prepare", "--units", folder.file("units")] + words, path: path, killedAfter: seconds)
    }

    func run(_ words: [String], path: String? = nil, killedAfter seconds: Double? = nil) async throws -> CommandRun {
        // The key of this host, of which there is one for each fixture.
        let environment = ["SYSTEMD_CREDENTIAL_SECRET=\(folder.file("host-secret"))"] + (path.map { ["PATH=\($0)"] } ?? [])
        return try await CommandRun(
            (seconds.map { ["timeout", "-s", "KILL", "\($0)"] } ?? []) + ["env"] + environment + [
                ProgramProcess.folder + "/martlet-admin"
            ] + words + ["--config", folder.file("admin.yaml")])
    }

    /// The tests' own user comes in as a service's role, too.
    func letRootBe(_ role: String) async throws {
        let text = try String(decoding: Data(contentsOf: URL(filePath: mappings)), as: UTF8.self)
        try Data("\(text)martlet root \(role)\n".utf8).write(to: URL(filePath: mappings))
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn(database: Self.database)))
        _ = try await connection.query("SELECT pg_reload_conf() AS done")
        await connection.close()
        let dsn = server.dsn(database: Self.database, role: role)
        try await eventually("the server to let root in as \(role)") {
            guard let connection = try? await PostgresConnection.connect(PostgresConfiguration(dsn: dsn)) else { return false }
            await connection.close()
            return true
        }
    }

    /// The root key as `martlet-admin` reads it.
    func openKey() async throws -> String {
        try await CommandRun([
            "env", "SYSTEMD_CREDENTIAL_SECRET=\(folder.file("host-secret"))", "sh", "-c",
            "systemd-creds decrypt --name=root-key \(key).cred - | od -An -v -tx1",
        ]).output
    }

    func mode(_ path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}
