import AccessControl
import DirectoryClient
import Outgoing
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

    /// After how many wrong passwords one waits.
    struct SignIn: Sendable, Hashable {
        var names: LockRule
        var addresses: LockRule

        init(reading section: ConfigSection) {
            let first = section.int("first_lock_seconds", in: 1...86_400, default: 15)
            let longest = section.int("longest_lock_seconds", in: 1...86_400, default: 900)
            let forget = section.int("forget_seconds", in: 60...604_800, default: 3600)
            if longest < first { section.problem("longest_lock_seconds", "less than first_lock_seconds, \(first)") }
            func rule(_ key: String, _ fallback: Int) -> LockRule {
                LockRule(
                    freeFailures: section.int(key, in: 0...1_000_000, default: fallback), firstSeconds: first,
                    longestSeconds: longest, forgetSeconds: forget)
            }
            names = rule("free_failures", 5)
            addresses = rule("free_failures_of_address", 100)
        }
    }

    package var service: ServiceConfiguration
    package var host: String
    package var port: Int
    var connectionsPerAddress: Int
    /// Whose word on a client's address is believed.
    var trustedProxies: [IPNetwork]
    package var tls: TLSFiles
    package var database: String
    /// Room -> its socket.
    package var orchestratorSocket: String
    package var logsSocket: String
    package var ldap: DirectoryConfiguration
    package var apiDocument: String
    package var sessionSeconds: Int
    var signIn: SignIn
    /// Where issuers that organisations trust may be, and who may have signed their certificates beside the system's authorities.
    var issuerAddresses: OutgoingRules
    var issuerAuthorities: [String]
    var rates: RateLimiter.Rates
    package var breakGlassSeconds: Int
    package var directoryCheckSeconds: Int
    package var directorySyncSeconds: Int

    package init(reading section: ConfigSection) {
        service = ServiceConfiguration(reading: section)
        let listen = section.section("listen")
        host = listen.string("host", default: "0.0.0.0")
        port = listen.int("port", in: 1...65_535, default: 8443)
        connectionsPerAddress = listen.int("connections_per_address", in: 0...100_000, default: 256)
        trustedProxies = listen.strings("trusted_proxies", default: []).compactMap { text in
            let network = IPNetwork(text)
            if network == nil {
                listen.problem("trusted_proxies", "'\(text)' is neither an address nor a network such as 10.0.0.0/8")
            }
            return network
        }
        let files = section.section("tls")
        tls = TLSFiles(
            certificate: files.string("certificate", default: "/var/lib/martlet/gateway/tls/certificate.pem"),
            key: files.string("key", default: "/var/lib/martlet/gateway/tls/key.pem"),
            selfSigned: files.bool("self_signed", default: true),
            names: files.strings("names", default: ["localhost", "127.0.0.1", "::1"]))
        database = section.string("database")
        let rooms = section.section("rooms")
        orchestratorSocket = rooms.socket(ofRoom: "orchestrator")
        logsSocket = rooms.socket(ofRoom: "logs")
        ldap = DirectoryConfiguration(reading: section.section("ldap"))
        apiDocument = section.string("api_document", default: "/usr/lib/martlet/openapi.json")
        let sessions = section.section("sessions")
        sessionSeconds = sessions.int("lifetime_seconds", in: 60...2_592_000, default: 28_800)
        breakGlassSeconds = sessions.int("break_glass_seconds", in: 60...3600, default: 900)
        directoryCheckSeconds = sessions.int("directory_check_seconds", in: 10...86_400, default: 30)
        directorySyncSeconds = sessions.int("directory_sync_seconds", in: 60...86_400, default: 600)
        signIn = SignIn(reading: section.section("sign_in"))
        let oidc = section.section("oidc")
        issuerAddresses = Self.addresses(oidc)
        issuerAuthorities = oidc.strings("authorities", default: [])
        rates = Self.rates(section.section("rate_limits"))
    }

    private static func addresses(_ section: ConfigSection) -> OutgoingRules {
        var rules = OutgoingRules()
        for text in section.strings("issuers", default: OutgoingRules.standard) where !rules.add(text) {
            section.problem(
                "issuers",
                "'\(text)' is neither 'public' nor a host, *.domain, address or network, each with a port behind a colon if need be"
            )
        }
        return rules
    }

    /// Requests a second and at once, for each kind; 0 a second: no limit.
    private static func rates(_ section: ConfigSection) -> RateLimiter.Rates {
        func rate(_ key: String, _ fallback: BucketRate) -> BucketRate {
            let one = section.section(key)
            let rate = BucketRate(
                perSecond: Double(one.int("per_second", in: 0...1_000_000, default: Int(fallback.perSecond))),
                burst: Double(one.int("burst", in: 1...10_000_000, default: Int(fallback.burst))))
            if rate.isLimit, rate.burst < rate.perSecond { one.problem("burst", "less than per_second") }
            return rate
        }
        let usual = RateLimiter.Rates()
        return RateLimiter.Rates(
            address: rate("address", usual.address), token: rate("token", usual.token), user: rate("user", usual.user),
            organization: rate("organization", usual.organization))
    }
}
