import AuditRules
import AuditSealing
import Cryptography
import DirectoryClient
import FoundationEssentials
import Glibc
import HTTPTypes
import PlatformModel
import Postgres
import RouteProxy
import ServiceAPI
import ServiceRuntime

/// Looks at everything that Martlet needs on this host, each thing within seconds, and changes nothing.
struct HostLook: Sendable {
    private static let patience = Duration.seconds(5)
    /// Of the audit log, which grows for years: a look takes as long on every host.
    private static let newestEntries: Int64 = 10_000

    let admin: AdminConfiguration
    let configFile: String
    let gateway: GatewayFile
    let runner: RunnerFile
    let broker: BrokerFile

    /// - Parameter configFile: `admin.yaml`; the services' files lie beside it.
    init(_ admin: AdminConfiguration, configFile: String) throws {
        self.admin = admin
        self.configFile = configFile
        let folder = BackupPlaces.folder(of: configFile)
        gateway = try ConfigReader.read(GatewayFile.self, path: "\(folder)/gateway.yaml")
        runner = try ConfigReader.read(RunnerFile.self, path: "\(folder)/runner.yaml")
        broker = try ConfigReader.read(BrokerFile.self, path: "\(folder)/broker.yaml")
    }

    func observe() async throws -> HostObservations {
        async let rooms = rooms()
        async let directory = directory()
        async let podman = podman()
        let (database, dataFolder) = await database()
        let audit = await audit()
        let root = HostCredential(path: admin.rootKeyFile)
        return HostObservations(
            now: Timestamp.now(), rooms: await rooms, certificate: certificate(), directory: await directory, database: database,
            storesAreAllowed: !broker.storeAddresses.isEmpty, disks: disks(dataFolder), clockIsSynchronised: await Self.clock(),
            podman: await podman, proxy: proxy(), proxyPortsWithoutRight: proxyPortsWithoutRight(),
            hasRootKey: HostFile.exists(root.path) || HostFile.exists(root.sealedPath), secrets: secrets(),
            backupKeyAt: HostFile.exists(admin.backupPrivateKey) ? admin.backupPrivateKey : nil,
            hasBackupKey: HostFile.exists(admin.backupPublicKey), audit: audit)
    }

    // MARK: What answers

    private struct Readiness: Decodable {
        var failing: [String: String]
        var version: String?
    }

    private func rooms() async -> [HostObservations.Room] {
        await withTaskGroup(of: HostObservations.Room.self) { group in
            for (name, path) in admin.sockets { group.addTask { await Self.room(name, path) } }
            var rooms: [HostObservations.Room] = []
            for await room in group { rooms.append(room) }
            let order = admin.sockets.map(\.room)
            return rooms.sorted { (order.firstIndex(of: $0.name) ?? 0) < (order.firstIndex(of: $1.name) ?? 0) }
        }
    }

    private static func room(_ name: String, _ path: String) async -> HostObservations.Room {
        var status = stat()
        let socket =
            stat(path, &status) == 0
            ? HostObservations.SocketFile(path: path, mode: status.st_mode & 0o777, owner: status.st_uid) : nil
        do throws(RoomError) {
            let (_, body) = try await get(name, path, "/readyz")
            let readiness = try HTTPAnswer(room: name, status: 200, headers: [:], body: body).decode(Readiness.self)
            return .init(
                name: name, socket: socket,
                answer: .came(version: readiness.version ?? "unknown", failing: readiness.failing.mapValues(\.withoutControls)))
        } catch {
            return .init(name: name, socket: socket, answer: .none("\(error)".withoutControls))
        }
    }

    /// Also of an answer that is no success: it says why.
    private static func get(_ name: String, _ socket: String, _ path: String) async throws(RoomError) -> (Int, [UInt8]) {
        // Podman takes no request without one, nor one that is the path of a socket.
        var headers = HTTPFields()
        if let host = HTTPField.Name("Host") { headers[host] = name }
        let call = HTTPCall(.get, path, headers: headers, timeout: patience, patience: .seconds(1))
        let stream = try await HTTPEndpoint(name: name, socket: socket).forward(call)
        return (stream.status, try await stream.collect(upTo: 256 << 10))
    }

    private struct PodmanVersion: Decodable {
        var version: String

        enum CodingKeys: String, CodingKey { case version = "Version" }
    }

    private func podman() async -> HostObservations.Peer {
        let path = runner.podmanSocket
        guard !path.isEmpty else { return .notConfigured }
        do throws(RoomError) {
            let (status, body) = try await Self.get("podman", path, "/version")
            let version = try HTTPAnswer(room: "podman", status: status, headers: [:], body: body).decode(PodmanVersion.self)
            return .answers(version.version.withoutControls)
        } catch {
            return .silent(path: path, reason: "\(error)".withoutControls)
        }
    }

    private func proxy() -> HostObservations.Peer {
        guard let path = runner.proxySocket else { return .notConfigured }
        guard let answer = UnixQuestion.ask(path, "show info") else {
            guard HostFile.exists(runner.proxyConfiguration) else { return .notNeededYet }
            return .silent(path: path, reason: "does not answer: \(String(cString: strerror(errno)))")
        }
        let version = answer.split(separator: "\n").first { $0.hasPrefix("Version: ") }?.dropFirst("Version: ".count)
        return .answers(version.map { String($0).withoutControls } ?? "unknown")
    }

    /// What is left for it to open when systemd has passed its socket.
    private func proxyPortsWithoutRight() -> [Int] {
        let first = (try? HostFile.text("/proc/sys/net/ipv4/ip_unprivileged_port_start")).flatMap {
            Int($0.prefix { $0.isNumber })
        }
        let opened = runner.proxyBinds.map(RouteBind.init).filter { !$0.isPassed }
        return Set(opened.compactMap(\.port)).filter { $0 < first ?? 1024 }.sorted()
    }

    private func directory() async -> HostObservations.Directory {
        // The address of the file as it is installed.
        guard !gateway.ldap.urls.allSatisfy({ $0.hasSuffix(".example.org") }) else { return .notConfigured }
        let directory = Directory(gateway.ldap)
        defer { directory.stop() }
        guard case .found(let report) = await directory.check(username: nil) else {
            return .notChecked("the check did not end in time: \(gateway.ldap.urls.joined(separator: ", "))")
        }
        return .checked(
            report.steps.map { step in
                let level: Finding.Level =
                    switch step.outcome {
                    case .ok: .ok
                    case .warning: .warning
                    case .failed: .failure
                    }
                return .init(
                    level: level, name: step.step, detail: step.detail.withoutControls, remedy: step.remedy?.withoutControls)
            })
    }

    // MARK: Database and audit log

    /// With the folder of the server's data, where it is on this machine.
    private func database() async -> (HostObservations.Database, String?) {
        do {
            let database = try AdminDatabase(dsn: admin.database)
            let connection = try await database.connect()
            do {
                let seen = try await DoctorStore.look(connection)
                await connection.close()
                return (seen.database, database.isLocal ? seen.folder : nil)
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            return (.away("\(error)".withoutControls), nil)
        }
    }

    private func audit() async -> HostObservations.Audit {
        do {
            var heads: [AuditMark] = []
            for path in [broker.auditHeads + ".1", broker.auditHeads] where HostFile.exists(path) {
                heads += try HostFile.text(path).split(separator: "\n").compactMap { AuditMark(line: $0) }
            }
            let database = try AdminDatabase(dsn: admin.database)
            let report = try await AuditCheck(
                keys: try await admin.auditKeys(), heads: heads, newest: Self.newestEntries
            ).run(database.configuration())
            return .whole(
                entries: report.entries, passedOver: report.passedOver, ends: report.heads, unsealed: report.unsealed,
                unsealedSince: report.unsealedSince)
        } catch let problem as AuditProblem {
            return .broken(problem.finding.description)
        } catch let error as ErrorBody {
            return .notChecked(error.message)
        } catch {
            return .notChecked("\(error)".withoutControls)
        }
    }

    // MARK: Files and the machine

    private func certificate() -> HostObservations.CertificateState {
        let isThere = HostFile.exists(gateway.certificate)
        guard isThere || HostFile.exists(gateway.key) else { return .none }
        guard let data = FileManager.default.contents(atPath: gateway.certificate) else {
            return .unreadable("\(gateway.certificate) cannot be read")
        }
        do throws(CryptographyError) {
            let certificate = try Certificate(pem: Array(data))
            return .read(
                path: gateway.certificate, goodUntil: Timestamp(milliseconds: try certificate.goodUntil() * 1000),
                isSelfSigned: certificate.isSigned(by: certificate), missing: gateway.names.filter { !certificate.isFor($0) })
        } catch {
            return .unreadable("\(gateway.certificate) is no certificate in PEM")
        }
    }

    private func disks(_ dataFolder: String?) -> [HostObservations.Disk] {
        let places =
            [("/", "system"), ("/var/lib/martlet", "Martlet"), ("/var/lib/containers", "containers")]
            + (dataFolder.map { [($0, "PostgreSQL")] } ?? [])
        var disks: [(device: UInt, disk: HostObservations.Disk)] = []
        for (path, what) in places {
            var file = stat(), system = statvfs()
            guard stat(path, &file) == 0, statvfs(path, &system) == 0 else { continue }
            // Several folders of one disk are one finding.
            if let index = disks.firstIndex(where: { $0.device == file.st_dev }) {
                disks[index].disk.what += ", \(what)"
                continue
            }
            let unit = Int64(system.f_frsize)
            disks.append(
                (
                    file.st_dev,
                    .init(path: path, what: what, free: Int64(system.f_bavail) * unit, total: Int64(system.f_blocks) * unit)
                ))
        }
        return disks.map(\.disk)
    }

    /// As the kernel has it, by systemd's word.
    private static func clock() async -> Bool? {
        let result = try? await HostProgram.run("timedatectl", ["show", "--property=NTPSynchronized", "--value"])
        guard let result, result.isGood else { return nil }
        return String(decoding: result.output, as: UTF8.self).hasPrefix("yes")
    }

    private func secrets() -> [HostObservations.SecretFile] {
        let places = try? BackupPlaces(configFile: configFile, admin)
        var files: [HostObservations.SecretFile] = []
        func add(_ path: String, owners: [String?], isPlain: Bool) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            let owners = Set([0] + owners.compactMap { $0.flatMap(UnixAccount.uid) })
            files.append(
                .init(path: path, mode: status.st_mode & 0o7777, owner: status.st_uid, owners: owners, isPlain: isPlain))
        }
        for name in places?.credentialNames() ?? [] {
            let credential = HostCredential(path: "\(places?.credentials ?? "")/\(name)")
            add(credential.sealedPath, owners: [], isPlain: false)
            add(credential.path, owners: [admin.rootKeyOwner, "_martlet-gateway"], isPlain: true)
        }
        add(gateway.key, owners: ["_martlet-gateway"], isPlain: false)
        add(admin.backupPrivateKey, owners: [], isPlain: false)
        return files
    }
}
