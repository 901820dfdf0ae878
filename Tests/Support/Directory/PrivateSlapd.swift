import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// A real slapd with the people and groups of docs/examples/directory.ldif, TLS by its own CA, on ports of its own.
///
/// Passwords are the name and `-demo`: `alice-demo`. Clear-text binds are refused.
package struct PrivateSlapd: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    /// Who vouches for its certificate.
    package enum Certificate: String, Sendable {
        /// `certificateAuthorities`.
        case signed
        /// They did, until yesterday.
        case expired
        /// It does itself.
        case selfSigned = "self-signed"
    }

    package let folder: String
    /// Ends the server and removes the folder when this process ends, however it ends.
    private let guardian: WatchedShell
    private let ports: (ldap: ReservedPort, ldaps: ReservedPort)

    package var ldapPort: Int { ports.ldap.number }
    package var ldapsPort: Int { ports.ldaps.number }

    package var ldapURL: String { "ldap://127.0.0.1:\(ldapPort)" }
    package var ldapsURL: String { "ldaps://127.0.0.1:\(ldapsPort)" }
    package var ldapiURL: String { "ldapi://" + (folder + "/ldapi").split(separator: "/").map { "%2F" + $0 }.joined() }
    package var certificateAuthorities: String { folder + "/tls/ca.pem" }
    package var bindPasswordFile: String { folder + "/bind-password" }
    package static let bindDN = "cn=martlet,dc=example,dc=org"
    package static let bindPassword = "bind-canary-1873"
    package static let userBase = "ou=people,dc=example,dc=org"
    package static let groupBase = "ou=groups,dc=example,dc=org"

    /// The section `ldap` of a gateway's file.
    package var gatewaySection: String {
        """
        ldap:
          urls: [\(ldapsURL)]
          ca: \(certificateAuthorities)
          bind_dn: \(Self.bindDN)
          bind_password_file: \(bindPasswordFile)
          user: {base: "\(Self.userBase)"}
          group: {base: "\(Self.groupBase)"}
        """
    }

    /// Starts one, gives it to the body, ends it.
    /// - Parameters:
    ///   - ldif: more entries.
    ///   - certificate: who vouches for its certificate.
    ///   - certificateNames: subject alternative names of its certificate, as openssl writes them.
    ///   - anonymousBinds: whether a name with an empty password is let in as anonymous, as some servers do.
    ///   - sizeLimit: entries that one search may return.
    package static func with<Result: Sendable>(
        ldif: String = "", certificate: Certificate = .signed, certificateNames: String = "IP:127.0.0.1",
        anonymousBinds: Bool = true, sizeLimit: Int = 500,
        _ body: (PrivateSlapd) async throws -> Result
    ) async throws -> Result {
        let slapd = try await launch(
            ldif: ldif, certificate, certificateNames: certificateNames, anonymousBinds: anonymousBinds, sizeLimit: sizeLimit)
        return try await use(slapd, body)
    }

    /// Starts one that ends with its last copy, or with this process.
    package static func started() async throws -> PrivateSlapd {
        try await launch(ldif: "", .signed, certificateNames: "IP:127.0.0.1", anonymousBinds: false, sizeLimit: 500)
    }

    private static func launch(
        ldif: String, _ certificate: Certificate, certificateNames: String, anonymousBinds: Bool, sizeLimit: Int
    ) async throws -> PrivateSlapd {
        let folder = "/tmp/mslapd-\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        chmod(folder, 0o700)
        let guardian = try WatchedShell(
            "while read -r line; do :; done; \"$1\" stop \"$2\"; rm -rf \"$2\"",
            arguments: [packageRoot + "/scripts/slapd-demo", folder], log: folder + "/guardian.log")
        let slapd = PrivateSlapd(folder: folder, guardian: guardian, ports: (try ReservedPort(), try ReservedPort()))
        try slapd.write(Self.bindPassword, to: "bind-password")
        try slapd.write("\n" + ldif + "\n", to: "more.ldif")
        try slapd.remember(certificate, certificateNames: certificateNames, anonymousBinds: anonymousBinds, sizeLimit: sizeLimit)
        try await slapd.start()
        return slapd
    }

    private static func use<Result: Sendable>(
        _ slapd: PrivateSlapd, _ body: (PrivateSlapd) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body(slapd)
            try await slapd.stop()
            return result
        } catch {
            try await slapd.stop()
            throw error
        }
    }

    private func remember(
        _ certificate: Certificate, certificateNames: String, anonymousBinds: Bool, sizeLimit: Int
    ) throws {
        let lines = [
            "CERTIFICATE=\(certificate.rawValue)", "CERTIFICATE_NAMES=\(certificateNames)",
            "SLAPD_ALLOW=\(anonymousBinds ? "bind_anon_dn bind_anon_cred" : "")",
            "SLAPD_SIZELIMIT=\(sizeLimit)", "LDAP_PORT=\(ldapPort)", "LDAPS_PORT=\(ldapsPort)",
            "BIND_PASSWORD_FILE=\(bindPasswordFile)",
        ]
        try write(lines.joined(separator: "\n"), to: "settings")
    }

    /// Starts it, the first time or again.
    package func start() async throws {
        let settings = try String(contentsOf: URL(filePath: folder + "/settings"), encoding: .utf8).split(separator: "\n").map(
            String.init)
        let root = Self.packageRoot
        try await Self.run(
            ["env"] + settings + [
                root + "/scripts/slapd-demo", "start", folder, root + "/docs/examples/directory.ldif", folder + "/more.ldif",
            ])
    }

    package func stop() async throws {
        try await Self.run([Self.packageRoot + "/scripts/slapd-demo", "stop", folder])
    }

    /// Changes entries as the directory's administrator.
    package func modify(_ ldif: String) async throws {
        let path = folder + "/change.ldif"
        try Data((ldif + "\n").utf8).write(to: URL(filePath: path))
        try await Self.run(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", ldapiURL, "-f", path])
    }

    /// Writes a file into its folder, readable by this user alone.
    package func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        chmod("\(folder)/\(name)", 0o600)
    }

    /// How many binds the server has answered. Asking is one more.
    package func bindCount() async throws -> Int {
        let text = try await Self.run([
            "ldapsearch", "-Q", "-LLL", "-Y", "EXTERNAL", "-H", ldapiURL, "-b", "cn=Bind,cn=Operations,cn=Monitor", "-s", "base",
            "monitorOpCompleted",
        ])
        let line = text.split(separator: "\n").first { $0.hasPrefix("monitorOpCompleted: ") }
        guard let count = line.flatMap({ Int($0.dropFirst(20)) }) else {
            throw Failure(description: "no count of binds in: \(text)")
        }
        return count
    }

    /// The exit code of an LDAP client that trusts this server.
    package func exitCode(_ command: String...) async throws -> Int {
        let result = try await Subprocess.run(
            .path("/usr/bin/env"),
            arguments: Arguments(["-u", "LDAPNOINIT", "LDAPTLS_CACERT=\(certificateAuthorities)"] + command), output: .discarded,
            error: .discarded)
        if case .exited(let code) = result.terminationStatus { return Int(code) }
        return -1
    }

    private static let packageRoot = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }

    @discardableResult
    private static func run(_ command: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments(command), output: .string(limit: 1 << 16), error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw Failure(description: "\(command.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }
}
