import PlatformModel
import Postgres
import ServiceRuntime

/// The gateway's file, `/etc/martlet/gateway.yaml`; every key is described there.
package struct GatewayConfiguration: RoomConfiguration {
    package struct TLSFiles: Sendable, Hashable {
        package var certificate: String
        package var key: String
        /// Make both when neither exists.
        package var selfSigned: Bool
        /// What a self-made certificate is for.
        package var names: [String]

        package init(certificate: String, key: String, selfSigned: Bool, names: [String]) {
            self.certificate = certificate
            self.key = key
            self.selfSigned = selfSigned
            self.names = names
        }
    }

    package var service: ServiceConfiguration
    package var host: String
    package var port: Int
    package var tls: TLSFiles
    package var database: String
    package var databasePasswordFile: String?
    /// Room -> its socket.
    package var orchestratorSocket: String
    package var logsSocket: String
    package var ldap: DirectoryConfiguration
    package var sessionSeconds: Int
    package var directoryCheckSeconds: Int

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        let listen = section.section("listen")
        host = listen.string("host", default: "0.0.0.0")
        port = listen.int("port", in: 1...65_535, default: 8443)
        let files = section.section("tls")
        tls = TLSFiles(
            certificate: files.string("certificate", default: "/var/lib/martlet/gateway/tls/certificate.pem"),
            key: files.string("key", default: "/var/lib/martlet/gateway/tls/key.pem"),
            selfSigned: files.bool("self_signed", default: true),
            names: files.strings("names", default: ["localhost", "127.0.0.1", "::1"]))
        database = section.string("database")
        databasePasswordFile = section.optionalString("database_password_file")
        let rooms = section.section("rooms")
        orchestratorSocket = rooms.socket(ofRoom: "orchestrator")
        logsSocket = rooms.socket(ofRoom: "logs")
        ldap = DirectoryConfiguration(reading: section.section("ldap"))
        let sessions = section.section("sessions")
        sessionSeconds = sessions.int("lifetime_seconds", in: 60...2_592_000, default: 28_800)
        directoryCheckSeconds = sessions.int("directory_check_seconds", in: 10...86_400, default: 300)
    }
}

extension DirectoryConfiguration {
    package init(reading section: ConfigSection) {
        let user = section.section("user"), group = section.section("group")
        self.init(
            urls: section.strings("urls"), startTLS: section.bool("starttls", default: false),
            certificateAuthorities: section.string("ca", default: "/etc/ssl/certs/ca-certificates.crt"),
            bindDN: section.string("bind_dn"), bindPasswordFile: section.string("bind_password_file"),
            userBase: user.string("base"),
            userFilter: user.string("filter", default: "(uid={username})"), groupBase: group.string("base"),
            groupFilter: group.string("filter", default: "(|(member={dn})(uniqueMember={dn}))"),
            connectTimeoutSeconds: section.int("connect_timeout_seconds", in: 1...120, default: 5),
            requestTimeoutSeconds: section.int("request_timeout_seconds", in: 1...120, default: 10))
        let sections = ["user": user, "group": group]
        for (key, message) in problems {
            let parts = key.split(separator: ".").map(String.init)
            let owner = parts.count == 2 ? sections[parts[0]] ?? section : section
            let name = (parts.last ?? key).prefix { $0 != "[" }
            // What is missing was told already, by the key itself.
            if owner.has(String(name)) { owner.problem(String(name), message) }
        }
        if urls.isEmpty { section.problem("urls", "name at least one server, such as ldaps://ldap.example.org") }
    }
}
