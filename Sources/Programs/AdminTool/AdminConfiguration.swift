import AuditSealing
import ServiceRuntime

/// `/etc/martlet/admin.yaml`: where the administrator's tool finds the database, the sockets and the keys.
struct AdminConfiguration: FileConfiguration {
    /// A libpq connection string of a PostgreSQL superuser.
    var database: String
    /// The folder of `NNNN_name.sql` files.
    var migrations: String
    var orchestratorSocket: String
    var gatewaySocket: String
    /// Of every room, by name.
    var sockets: [(room: String, path: String)]
    /// The broker's root key; made by `prepare` (sealed, with `.cred` behind the name) or `bootstrap` when it is not there.
    var rootKeyFile: String
    /// Earlier ones: what they signed is checked with them.
    var retiredRootKeyFiles: [String]
    /// Who reads it.
    var rootKeyOwner: String
    /// What seals backups, and what opens them, as long as it is on this host.
    var backupPublicKey: String
    var backupPrivateKey: String

    init(reading section: ConfigSection) {
        database = section.string("database")
        migrations = section.string("migrations", default: "/usr/lib/martlet/migrations")
        let sockets = section.section("sockets")
        orchestratorSocket = sockets.socket(ofRoom: "orchestrator")
        gatewaySocket = sockets.socket(ofRoom: "gateway")
        // The others lie beside it.
        let folder = gatewaySocket[..<(gatewaySocket.lastIndex(of: "/") ?? gatewaySocket.startIndex)]
        self.sockets =
            [("gateway", gatewaySocket), ("orchestrator", orchestratorSocket)]
            + ["runner", "broker", "logs"].map { ($0, sockets.socket($0, default: "\(folder)/\($0).sock")) }
        let key = section.section("root_key")
        rootKeyFile = key.string("file", default: "/etc/martlet/credentials/root-key")
        retiredRootKeyFiles = key.strings("retired", default: [])
        rootKeyOwner = key.string("owner", default: "_martlet-broker")
        let backup = section.section("backup")
        backupPublicKey = backup.string("public_key", default: "/etc/martlet/backup-key.pub")
        backupPrivateKey = backup.string("private_key", default: "/etc/martlet/credentials/backup-key")
    }

    /// The keys that sign the audit log, and have signed it.
    func auditKeys() async throws -> [AuditKey] {
        var keys: [AuditKey] = []
        for path in [rootKeyFile] + retiredRootKeyFiles {
            keys.append(try AuditKey(rootKey: await HostCredential(path: path).required()))
        }
        return keys
    }
}
