import ArgumentParser
import Cryptography
import Glibc
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

struct MakeBackupKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup-key", abstract: "Makes the key of backups: FILE opens them, the host keeps only what seals them.",
        discussion: """
            Keep FILE where you keep keys, not on this host: a backup and this file together are everything. Backups that were made before \
            are opened by the key of their time.

            With --shares and --threshold nobody has the whole key: it is given out in FILE.share-1, FILE.share-2 and so on, one for each \
            of several people, of which so many together open a backup. --from splits a key that is there.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The file for the private key; it must not be there yet.") var file: String
    @Option(help: "In how many shares the key is given out.") var shares: Int?
    @Option(help: "How many of the shares open a backup.") var threshold: Int?
    @Option(help: "A key that is there, which is split instead of a new one.") var from: String?

    func validate() throws {
        guard let shares, let threshold else {
            guard shares == nil, threshold == nil, from == nil else {
                throw ValidationError("--shares and --threshold are given together, and --from with them")
            }
            return
        }
        guard (2...SecretSharing.countLimit).contains(shares) else {
            throw ValidationError("--shares: 2 to \(SecretSharing.countLimit)")
        }
        guard (2...shares).contains(threshold) else {
            throw ValidationError("--threshold: 2 to \(shares), as many as there are shares")
        }
    }

    func run() async throws {
        let configuration = try options.load()
        if let shares, let threshold { return try split(into: shares, threshold: threshold, configuration.backupPublicKey) }
        guard try Self.make(privateKey: file, publicKey: configuration.backupPublicKey) else {
            throw ErrorBody(error: "ADM-031", message: "\(file) is there already; name another file")
        }
        print("\(file) opens the backups that are made from now on; move it to where you keep keys")
    }

    private func split(into count: Int, threshold: Int, _ publicKeyFile: String) throws {
        let paths = (1...count).map { "\(file).share-\($0)" }, taken = paths.filter(HostFile.exists)
        guard taken.isEmpty else {
            throw ErrorBody(error: "ADM-031", message: "there already: \(taken.joined(separator: ", ")); name another file")
        }
        let key = try from.map(BackupKey.readPrivate) ?? X25519.makePrivateKey()
        let publicKey = try X25519.publicKey(of: key)
        do {
            for (path, share) in zip(paths, try BackupShare.split(key, into: count, threshold: threshold)) {
                var line = try share.line().copyBytes()
                defer { line.wipe() }
                guard try HostFile.create(path, line, mode: 0o400, owner: HostFile.Owner(uid: geteuid())) else {
                    throw ErrorBody(error: "ADM-031", message: "\(path) is there already; name another file")
                }
            }
            // What cannot be read again is no key that anything may be sealed to.
            guard try RestoreKey.read(key: nil, shares: paths) == key else {
                throw ErrorBody(error: "ADM-031", message: "the shares do not give the key again; nothing was made")
            }
        } catch {
            for path in paths { try? HostFile.remove(path) }
            throw error
        }
        let id = try BackupKey.id(of: publicKey)
        print("\(file).share-1 to .share-\(count): \(threshold) of these \(count) open the backups of the key \(id)")
        if let from {
            print("give each to somebody else, keep none here, and remove \(from)")
        } else {
            try HostFile.replace(publicKeyFile, Array(BackupKey.text(publicKey: publicKey).utf8), mode: 0o644)
            print("backups are sealed to it from now on; give each to somebody else, and keep none here")
        }
    }

    /// - Returns: False where there is a private key already.
    static func make(privateKey: String, publicKey: String) throws -> Bool {
        // One that was made, and whose public half was not written any more.
        if HostFile.exists(privateKey), !HostFile.exists(publicKey) {
            let key = try BackupKey.readPrivate(privateKey)
            try HostFile.replace(publicKey, Array(BackupKey.text(publicKey: try X25519.publicKey(of: key)).utf8), mode: 0o644)
            return true
        }
        let key = try X25519.makePrivateKey()
        var text = BackupKey.text(privateKey: key).copyBytes()
        defer { text.wipe() }
        guard try HostFile.create(privateKey, text, mode: 0o400, owner: HostFile.Owner(uid: geteuid())) else { return false }
        try HostFile.replace(publicKey, Array(BackupKey.text(publicKey: try X25519.publicKey(of: key)).utf8), mode: 0o644)
        return true
    }
}

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes database, keys, configuration and the audit log's signed ends into one sealed file.",
        discussion: """
            It is consistent while everything runs. The file opens with the private half of the backup key alone (martlet-admin \
            backup-key). What containers keep on this machine is not in it.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The file; it must not be there yet.") var file: String

    func run() async throws {
        let started = ContinuousClock.now
        let configuration = try options.load()
        let recipient = try BackupKey.readPublic(configuration.backupPublicKey)
        guard !HostFile.exists(file) else {
            throw ErrorBody(error: "ADM-031", message: "\(file) is there already; a backup never replaces another")
        }
        let output = try BackupOutput(file)
        do {
            var writer = try BackupSeal.Writer(recipient: recipient) { try output.write($0) }
            try await write(configuration, &writer)
            try writer.finish()
            try output.finish()
        } catch {
            output.discard()
            throw Self.explained(error)
        }
        let seconds = started.duration(to: .now)
        print("\(file): \(DoctorRules.bytes(output.count)) in \(Restore.text(seconds))")
    }

    private func write(_ configuration: AdminConfiguration, _ writer: inout BackupSeal.Writer) async throws {
        let places = try BackupPlaces(configFile: options.config, configuration)
        let database = try AdminDatabase(dsn: configuration.database)
        let manifest = BackupManifest(
            version: ProductVersion.text, schema: try await schema(database), host: Self.hostName(), madeAt: Timestamp.now())
        try append(BackupRecord(kind: .manifest, name: "martlet"), try JSON.encode(manifest), &writer)
        for name in places.credentialNames() {
            guard let secret = try await HostCredential(path: "\(places.credentials)/\(name)").read() else { continue }
            var bytes = secret.copyBytes()
            defer { bytes.wipe() }
            try append(BackupRecord(kind: .credential, name: name), bytes, &writer)
        }
        // The signed ends before the database: it has at least all that they are about.
        let files = places.state + places.configurationNames().map { ("configuration/\($0)", "\(places.configuration)/\($0)") }
        for (name, path) in files where HostFile.exists(path) {
            let (bytes, record) = try HostFile.read(path, as: name)
            try append(record, bytes, &writer)
        }
        try writer.append(BackupRecords.head(BackupRecord(kind: .database, name: database.name)))
        // Its own snapshot: one moment of all tables.
        try await HostProgram.read(
            "pg_dump", ["--format=custom", "--compress=3", "--no-password"], environment: database.environment
        ) { bytes in
            if !bytes.isEmpty { try writer.append(BackupRecords.part(bytes)) }
        }
        try writer.append(BackupRecords.part([]))
    }

    private func append(_ record: BackupRecord, _ bytes: [UInt8], _ writer: inout BackupSeal.Writer) throws {
        guard bytes.count <= BackupRecords.smallLimit else {
            throw ErrorBody(error: "ADM-031", message: "\(record.name) is larger than \(BackupRecords.smallLimit >> 20) MiB")
        }
        try writer.append(try BackupRecords.head(record))
        for begin in stride(from: 0, to: bytes.count, by: 1 << 16) {
            try writer.append(BackupRecords.part(Array(bytes[begin..<min(begin + (1 << 16), bytes.count)])))
        }
        try writer.append(BackupRecords.part([]))
    }

    private func schema(_ database: AdminDatabase) async throws -> Int {
        let connection = try await database.connect()
        do {
            let version = try await ClusterStore.schemaVersion(connection)
            await connection.close()
            guard version > 0 else {
                throw ErrorBody(
                    error: "ADM-031", message: "there is no schema in the database \(database.name): nothing to back up")
            }
            return version
        } catch {
            await connection.close()
            throw error
        }
    }

    static func explained(_ error: any Error) -> any Error {
        switch error {
        case let failure as BackupSeal.Failure: ErrorBody(error: "ADM-032", message: failure.description)
        case let failure as HostProgram.Failure: ErrorBody(error: "ADM-031", message: failure.description)
        default: error
        }
    }

    private static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
