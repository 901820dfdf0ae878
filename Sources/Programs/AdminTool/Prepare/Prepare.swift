import ArgumentParser
import Glibc
import PlatformModel
import ServiceRuntime

/// What a host needs before the services start; the packages run it at every installation and upgrade.
struct Prepare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes what this host lacks: the database with its roles and schema, and the keys. Safe to repeat.",
        discussion: """
            Says what it changed, and nothing where nothing was missing. It may be ended at any moment and run again. The database of \
            admin.yaml is made where it is not there; a PostgreSQL of this machine also gets to know the services' Unix users (the first \
            line of its pg_hba.conf, and pg_ident.conf). Where the role may not do that, the statements for somebody who may are \
            printed. Keys are sealed to this host (systemd-creds) and never replaced.
            """)

    @OptionGroup var options: AdminOptions
    @Flag(help: "Leaves PostgreSQL's pg_hba.conf and pg_ident.conf to whoever manages them.") var leavePeerMap = false
    @Flag(help: "Makes only the keys, and leaves the database as it is.") var onlyKeys = false
    @Option(help: "The folder of systemd's drop-ins.") var units = "/etc/systemd/system"

    func run() async throws {
        guard geteuid() == 0 else { throw ErrorBody(error: "ADM-026", message: "this needs root") }
        let configuration = try options.load()
        try await HostSecrets(
            rootKeyFile: configuration.rootKeyFile, owner: try RootKey.uid(of: configuration.rootKeyOwner), units: units
        ).run { print($0) }
        if !HostFile.exists(configuration.backupPublicKey),
            try MakeBackupKey.make(privateKey: configuration.backupPrivateKey, publicKey: configuration.backupPublicKey)
        {
            print("made the key of backups, \(configuration.backupPrivateKey): move it to where you keep keys")
        }
        guard !onlyKeys else { return }
        try await DatabaseSetup(
            database: try AdminDatabase(dsn: configuration.database), migrations: configuration.migrations,
            writesPeerMap: !leavePeerMap, logger: options.logger
        ).run { print($0) }
    }
}
