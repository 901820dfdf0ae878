import Glibc
import Outgoing
import ServiceRuntime

/// `/etc/martlet/broker.yaml`.
package struct BrokerConfiguration: RoomConfiguration {
    package let service: ServiceConfiguration
    let database: String
    let rootKeyFile: String
    let retiredRootKeyFiles: [String]
    let auditDays: Int
    /// Where the signed ends of the audit log are kept.
    let auditHeadsFile: String
    let auditHeadSeconds: Int
    /// Where organisations' own stores may be.
    let storeAddresses: OutgoingRules

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        database = section.string("database")
        rootKeyFile = Self.credential(
            section.string("root_key_file", default: "/run/credentials/martlet-broker.service/root-key"))
        retiredRootKeyFiles = section.strings("retired_root_key_files").map(Self.credential)
        auditDays = section.int("audit_days", in: 1...36_500, default: 400)
        auditHeadsFile = section.string("audit_heads_file", default: "/var/lib/martlet/broker/audit-heads.jsonl")
        auditHeadSeconds = section.int("audit_head_seconds", in: 1...3600, default: 60)
        let stores = section.section("stores")
        var rules = OutgoingRules()
        for text in stores.strings("addresses", default: []) where !rules.add(text) {
            stores.problem(
                "addresses",
                "'\(text)' is neither 'public' nor a host, *.domain, address or network, each with a port behind a colon if need be"
            )
        }
        storeAddresses = rules
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
