import FoundationEssentials
import PlatformModel
import ServiceRuntime

/// What of a host belongs into a backup beside its database, and where it belongs on a host: the same for making one and for going back.
struct BackupPlaces: Sendable {
    /// The folder of the configuration, and that of the credentials.
    let configuration: String
    let credentials: String
    let backupKeyName: String
    /// Files of services' state by the name that they have in a backup.
    let state: [(name: String, path: String)]

    init(configFile: String, _ admin: AdminConfiguration) throws {
        configuration = Self.folder(of: configFile)
        credentials = Self.folder(of: admin.rootKeyFile)
        backupKeyName = String(admin.backupPrivateKey.split(separator: "/").last ?? "")
        var state: [(String, String)] = []
        let gateway = "\(configuration)/gateway.yaml", broker = "\(configuration)/broker.yaml"
        if HostFile.exists(gateway) {
            let file = try ConfigReader.read(GatewayFile.self, path: gateway)
            state += [("gateway/certificate.pem", file.certificate), ("gateway/key.pem", file.key)]
        }
        if HostFile.exists(broker) {
            let heads = try ConfigReader.read(BrokerFile.self, path: broker).auditHeads
            state += [("broker/audit-heads", heads), ("broker/audit-heads.1", heads + ".1")]
        }
        self.state = state
    }

    static func folder(of path: String) -> String {
        let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        return folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(folder)
    }

    /// The host's credentials, without the key that opens backups, and without what an earlier run left.
    func credentialNames() -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: credentials)) ?? []
        let names = all.map { $0.hasSuffix(".cred") ? String($0.dropLast(5)) : $0 }
        return Set(names).filter { Self.isOurs($0) && $0 != backupKeyName }.sorted()
    }

    /// The files of the configuration.
    func configurationNames() -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: configuration)) ?? []
        return all.filter { Self.isOurs($0) && [".yaml", ".pem", ".crt", ".pub"].contains(where: $0.hasSuffix) }.sorted()
    }

    static let keptSuffix = ".before-restore"

    /// A plain name, which leads nowhere else.
    static func isOurs(_ name: String) -> Bool {
        !name.isEmpty && !name.hasPrefix(".") && !name.contains("/") && !name.hasSuffix(".new") && !name.contains(keptSuffix)
    }

    /// Where a file of a backup belongs on this host; nil where it does not belong anywhere.
    func path(of name: String) -> String? {
        if let (_, path) = state.first(where: { $0.name == name }) { return path }
        guard name.hasPrefix("configuration/"), case let file = String(name.dropFirst("configuration/".count)), Self.isOurs(file)
        else { return nil }
        return "\(configuration)/\(file)"
    }
}
