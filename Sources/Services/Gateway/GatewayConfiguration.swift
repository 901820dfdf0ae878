import DirectoryClient
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
    package var directorySyncSeconds: Int

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
        directoryCheckSeconds = sessions.int("directory_check_seconds", in: 10...86_400, default: 30)
        directorySyncSeconds = sessions.int("directory_sync_seconds", in: 60...86_400, default: 600)
    }
}
