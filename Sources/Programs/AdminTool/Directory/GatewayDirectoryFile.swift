import DirectoryClient
import ServiceRuntime

/// The part of the gateway's file that is about the directory; the gateway itself reads the rest.
struct GatewayDirectoryFile: FileConfiguration {
    var ldap: DirectoryConfiguration

    init(reading section: ConfigSection) {
        ldap = DirectoryConfiguration(reading: section.section("ldap"))
        section.leaveTheRest()
    }
}
