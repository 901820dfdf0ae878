import Glibc
import ServiceRuntime

/// `/etc/martlet/broker.yaml`.
package struct BrokerConfiguration: RoomConfiguration {
    package let service: ServiceConfiguration
    let database: String
    let rootKeyFile: String
    let retiredRootKeyFiles: [String]
    let auditDays: Int

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        database = section.string("database")
        rootKeyFile = Self.credential(
            section.string("root_key_file", default: "/run/credentials/martlet-broker.service/root-key"))
        retiredRootKeyFiles = section.strings("retired_root_key_files").map(Self.credential)
        auditDays = section.int("audit_days", in: 1...36_500, default: 400)
        if !rootKeyFile.hasPrefix("/") {
            section.problem(
                "root_key_file",
                "'\(rootKeyFile)' is the name of a systemd credential, and CREDENTIALS_DIRECTORY is not set; give a path")
        }
    }

    /// A name without a slash is a credential that systemd passed (systemd.exec(5), CREDENTIALS).
    private static func credential(_ file: String) -> String {
        guard !file.contains("/"), let folder = getenv("CREDENTIALS_DIRECTORY") else { return file }
        return "\(String(cString: folder))/\(file)"
    }
}
