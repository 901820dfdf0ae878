import DirectoryClient
import ServiceRuntime

/// The parts of the gateway's file that are about its certificate and its directory.
struct GatewayFile: FileConfiguration {
    var certificate: String
    var key: String
    var names: [String]
    var port: Int
    var ldap: DirectoryConfiguration

    init(reading section: ConfigSection) {
        let tls = section.section("tls")
        certificate = tls.string("certificate", default: "/var/lib/martlet/gateway/tls/certificate.pem")
        key = tls.string("key", default: "/var/lib/martlet/gateway/tls/key.pem")
        names = tls.strings("names")
        tls.leaveTheRest()
        let listen = section.section("listen")
        port = listen.int("port", in: 1...65_535, default: 8443)
        listen.leaveTheRest()
        ldap = DirectoryConfiguration(reading: section.section("ldap"))
        section.leaveTheRest()
    }
}
