import ArgumentParser
import AuditRules
import AuditSealing
import Cryptography
import Glibc
import PlatformModel
import Postgres
import ServiceRuntime

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings a host back from a backup and the key that opens it.",
        discussion: """
            The database is restored beside the one that is there, checked with its audit log, and then takes its place at once: whenever \
            this is ended, run it again. Secrets are sealed to this host anew. admin.yaml stays this host's own. Files that give way are \
            kept with .before-restore behind their names, and so is a database that was in use. Martlet must be stopped. Without --key \
            and --share, shares of the key are asked for one by one, or read from a pipe, a line each.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The backup.") var file: String
    @Option(help: "The private half of the backup key.") var key: String?
    @Option(help: "A file with a share of it; repeated, until they are enough.") var share: [String] = []
    @Flag(help: "Also where organisations or secrets are on this host already: they are put aside.") var replace = false
    @Flag(help: "Leaves configuration and certificate of this host as they are.") var keepConfiguration = false

    func validate() throws {
        guard key == nil || share.isEmpty else { throw ValidationError("give --key or --share, not both") }
    }

    func run() async throws {
        guard geteuid() == 0 else { throw ErrorBody(error: "ADM-026", message: "this needs root") }
        let started = ContinuousClock.now
        do {
            try await restore()
        } catch {
            throw Self.explained(error, file)
        }
        print(
            "restored in \(Self.text(started.duration(to: .now))); now run: systemctl start martlet.target, then martlet-admin doctor"
        )
    }

    private func restore() async throws {
        let configuration = try options.load()
        let input = try BackupInput(file), key = try RestoreKey.read(key: self.key, shares: share)
        var records = BackupRecords.Reader(try BackupSeal.Reader(key: key) { try input.read($0) })
        let contents = try RestoreContents(&records)
        let newest = try MigrationFile.all(in: configuration.migrations).count
        guard contents.manifest.schema <= newest else {
            throw ErrorBody(
                error: "ADM-032",
                message: "\(file) has the schema \(contents.manifest.schema), and this program knows \(newest): install Martlet "
                    + "\(contents.manifest.version) or newer")
        }
        print("a backup of \(contents.manifest.host), of \(contents.manifest.madeAt), version \(contents.manifest.version)")
        let places = try BackupPlaces(configFile: options.config, configuration)
        let database = try AdminDatabase(dsn: configuration.database)
        // Roles, rules and the database itself, as on any new host.
        try await DatabaseSetup(
            database: database, migrations: configuration.migrations, writesPeerMap: true, logger: options.logger
        ).run { _ in }
        let swap = DatabaseSwap(database: database)
        let isInUse = try await swap.isInUse()
        guard !isInUse || replace else {
            throw ErrorBody(
                error: "ADM-033",
                message:
                    "the database of this host has organisations or secrets already, and they would be put aside; if that is meant, "
                    + "give --replace")
        }
        try await swap.refuseSessions()

        var now = ContinuousClock.now
        try await swap.fill { try records.part() }
        _ = try await Migrator(
            database.configuration(database: swap.newName), folder: configuration.migrations, logger: options.logger
        ).migrate()
        print("the database is restored: \(Self.text(now.duration(to: .now)))")
        now = .now
        let report = try await contents.audit(database.configuration(database: swap.newName))
        print(
            "its audit log is whole: \(report.entries) entries, \(report.heads) signed ends agree: \(Self.text(now.duration(to: .now)))"
        )
        try await swap.record(
            AuditEntry(
                actor: "root", action: "restore", object: contents.manifest.host,
                details: [
                    "backup_made_at": .string(contents.manifest.madeAt.description),
                    "backup_version": .string(contents.manifest.version),
                    "backup_key": .string(try BackupKey.id(of: try X25519.publicKey(of: key))),
                ]))
        try await contents.place(
            places, owner: RootKey.uid(of: configuration.rootKeyOwner), keepsConfiguration: keepConfiguration
        ) {
            print($0)
        }
        if let kept = try await swap.swap(keepsOld: isInUse) { print("the database that was there is kept as \(kept)") }
    }

    static func explained(_ error: any Error, _ file: String) -> any Error {
        switch error {
        case let failure as BackupSeal.Failure: ErrorBody(error: "ADM-032", message: "\(file): \(failure)")
        case let failure as HostProgram.Failure: ErrorBody(error: "ADM-034", message: "the database was not restored: \(failure)")
        case let problem as AuditProblem:
            ErrorBody(
                error: "ADM-034", message: "the audit log in \(file) is not whole, so nothing was replaced: \(problem.finding)")
        default: error
        }
    }

    static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let tenths = seconds * 10 + attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
