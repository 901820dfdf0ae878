import FoundationEssentials
import Glibc
import TestSupport

/// `martlet-admin` as root has it: a configuration file, a database of its own, a folder for the key.
struct AdminFixture: Sendable {
    let folder: TemporaryFolder
    let database: TestDatabase

    init(migrations: String = PrivatePostgres.migrations) async throws {
        folder = try TemporaryFolder("madm")
        database = try await PrivatePostgres.emptyDatabase()
        try configure(migrations: migrations)
    }

    /// - Parameters:
    ///   - database: The connection string; nil: the fixture's own database.
    ///   - owner: Who shall own the root key.
    func configure(
        migrations: String = PrivatePostgres.migrations, database dsn: String? = nil, owner: String = "\(getuid())",
        more: String = ""
    ) throws {
        try folder.write(
            """
            database: \(dsn ?? database.dsn())
            migrations: \(migrations)
            sockets: {orchestrator: \(folder.file("orchestrator.sock")), gateway: \(folder.file("gateway.sock"))}
            root_key: {file: \(folder.file("root-key")), owner: "\(owner)"}
            \(more)
            """, to: "admin.yaml")
    }

    func run(_ words: String...) async throws -> CommandRun {
        try await CommandRun(
            [ProgramProcess.folder + "/martlet-admin"] + words + (words.isEmpty ? [] : ["--config", folder.file("admin.yaml")]))
    }

    /// The first `count` files of the migrations, in a folder of their own.
    static func half(_ count: Int) throws -> TemporaryFolder {
        let half = try TemporaryFolder("madm-half")
        let names = try FileManager.default.contentsOfDirectory(atPath: PrivatePostgres.migrations).filter {
            $0.hasSuffix(".sql")
        }
        for name in names.sorted().prefix(count) {
            try FileManager.default.copyItem(atPath: "\(PrivatePostgres.migrations)/\(name)", toPath: half.file(name))
        }
        return half
    }

    static let all =
        (try? FileManager.default.contentsOfDirectory(atPath: PrivatePostgres.migrations))?.filter {
            $0.hasSuffix(".sql")
        }.sorted() ?? []
}
