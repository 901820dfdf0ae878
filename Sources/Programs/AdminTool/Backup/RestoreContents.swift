import AuditRules
import AuditSealing
import Cryptography
import PlatformModel
import Postgres
import ServiceRuntime

/// What a backup holds before its database.
struct RestoreContents {
    let manifest: BackupManifest
    private var credentials: [(name: String, secret: SecretBytes)] = []
    private var files: [(record: BackupRecord, bytes: [UInt8])] = []

    /// Reads up to the database, whose parts come next.
    init(_ records: inout BackupRecords.Reader) throws {
        guard let first = try records.next(), first.kind == .manifest else {
            throw BackupSeal.Failure(description: "it does not begin with what it is")
        }
        manifest = try JSON.decode(BackupManifest.self, from: try records.bytes())
        while let record = try records.next() {
            switch record.kind {
            case .database: return
            case .credential:
                var bytes = try records.bytes()
                guard BackupPlaces.isOurs(record.name) else { continue }
                credentials.append((record.name, SecretBytes(wiping: &bytes)))
            case .file: files.append((record, try records.bytes()))
            case .manifest: throw BackupSeal.Failure(description: "it says twice what it is")
            }
        }
        throw BackupSeal.Failure(description: "there is no database in it")
    }

    /// Goes through the audit log of the restored database with the keys and the signed ends of the backup.
    func audit(_ database: PostgresConfiguration) async throws -> AuditCheck.Report {
        let keys = try credentials.filter { $0.secret.count == AESGCM.keyByteCount }.map { try AuditKey(rootKey: $0.secret) }
        var heads: [AuditMark] = []
        for file in files where file.record.name.hasPrefix("broker/audit-heads") {
            heads += String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").compactMap { AuditMark(line: $0) }
        }
        return try await AuditCheck(keys: keys, heads: heads).run(database)
    }

    /// Puts everything where it belongs on this host. What is there and differs is kept beside it.
    func place(
        _ places: BackupPlaces, owner: UInt32, keepsConfiguration: Bool, _ changed: (String) -> Void
    ) async throws {
        for (name, secret) in credentials {
            let credential = HostCredential(path: "\(places.credentials)/\(name)")
            // Whatever is wrong with the one that is there, it is not what is wanted.
            if let present = try? await credential.read(), present == secret { continue }
            for path in [credential.path, credential.sealedPath] where HostFile.exists(path) { try HostFile.putAside(path) }
            let reason = try await credential.keep(secret, owner: owner)
            changed("restored \(name), \(reason == nil ? "sealed to this host" : "in clear: run martlet-admin prepare")")
        }
        for (record, bytes) in files {
            guard let path = places.path(of: record.name), path != "\(places.configuration)/admin.yaml",
                !keepsConfiguration || record.name.hasPrefix("broker/")
            else { continue }
            if HostFile.exists(path) {
                guard try HostFile.read(path, as: record.name).bytes != bytes else { continue }
                try HostFile.putAside(path)
            }
            try HostFile.makeFolder(BackupPlaces.folder(of: path))
            let owner = HostFile.Owner(
                uid: record.owner.flatMap(UnixAccount.uid) ?? 0, gid: record.group.flatMap(UnixAccount.gid) ?? 0)
            try HostFile.replace(path, bytes, mode: record.mode ?? 0o600, owner: owner)
            changed("restored \(path)")
        }
    }
}
