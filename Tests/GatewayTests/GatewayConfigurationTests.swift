import FoundationEssentials
import PlatformModel
import ServiceRuntime
import Testing

@testable import Gateway

@Suite struct GatewayConfigurationTests {
    private static let minimal = """
        socket: /run/martlet/gateway.sock
        callers: {orchestrator: root, logs: root}
        database: host=/var/run/postgresql dbname=martlet user=martlet_gateway
        ldap:
          urls: [ldaps://ldap.example.org]
          bind_dn: cn=martlet,dc=example,dc=org
          bind_password_file: /run/credentials/martlet-gateway.service/ldap-bind-password
          user: {base: "ou=people,dc=example,dc=org"}
          group: {base: "ou=groups,dc=example,dc=org"}
        """

    private func read(_ text: String) throws(ConfigError) -> GatewayConfiguration {
        try ConfigReader.read(GatewayConfiguration.self, bytes: Array(text.utf8), file: "gateway.yaml")
    }

    /// The file that is installed; its Unix users need not be on this machine.
    private func example() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/martlet/gateway.yaml")
            .standardized
        return try String(contentsOf: root, encoding: .utf8)
            .replacing("_martlet-orchestrator\n", with: "root\n").replacing("logs: _martlet-logs", with: "logs: root")
    }

    @Test func theExampleSaysTheDefaults() throws {
        let example = try read(try example()), minimal = try read(Self.minimal)
        #expect(example.ldap == minimal.ldap && example.tls == minimal.tls && example.service == minimal.service)
        #expect(example.host == minimal.host && example.port == minimal.port && example.database == minimal.database)
        #expect(example.orchestratorSocket == minimal.orchestratorSocket && example.logsSocket == minimal.logsSocket)
        #expect(
            example.sessionSeconds == minimal.sessionSeconds && example.directoryCheckSeconds == minimal.directoryCheckSeconds)
    }

    /// Every key of the example, misspelt one at a time: the answer has the line and the right key.
    @Test func everyMisspeltKeyIsFound() throws {
        let lines = try example().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var tried = 0
        for (index, line) in lines.enumerated() {
            let key = line.drop { $0 == " " }.prefix { $0.isLetter || $0 == "_" }
            guard key.count > 1, line.dropFirst(line.count - line.drop { $0 == " " }.count + key.count).hasPrefix(":") else {
                continue
            }
            // The names of rooms are the administrator's.
            if ["orchestrator", "logs"].contains(key), line.hasSuffix("root") { continue }
            var changed = lines
            changed[index] = line.replacing(String(key), with: String(key) + "x", maxReplacements: 1)
            let error = #expect(throws: ConfigError.self, "\(key)") { try read(changed.joined(separator: "\n")) }
            let problem = error?.problems.first { $0.code == "CONF-102" }
            #expect(problem?.line == index + 1 && problem?.suggestion == String(key), "\(key): \(error as ConfigError?)")
            tried += 1
        }
        #expect(tried > 30)
    }

    @Test func whatWouldLeakIsRefusedWithItsKey() throws {
        let text = Self.minimal.replacing("ldaps://", with: "ldap://").replacing("cn=martlet,dc", with: "martlet,dc")
        let error = #expect(throws: ConfigError.self) { try read(text) }
        #expect(error?.problems.map(\.path) == ["ldap.urls", "ldap.bind_dn"])
        #expect(
            error?.problems.first?.message
                == "ldap://ldap.example.org would carry passwords in clear; use ldaps:// or set starttls to true")
    }
}
