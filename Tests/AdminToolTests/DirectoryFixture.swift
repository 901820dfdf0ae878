import Glibc
import PlatformModel
import TestSupport

/// A directory, a gateway's file for it, and the gateway itself when it is started.
struct DirectoryFixture: Sendable {
    let admin: AdminFixture
    let slapd: PrivateSlapd
    let port: ReservedPort

    static func with(
        certificate: PrivateSlapd.Certificate = .signed, certificateNames: String = "IP:127.0.0.1", ldif: String = "",
        _ body: @escaping @Sendable (DirectoryFixture) async throws -> Void
    ) async throws {
        try await PrivateSlapd.with(ldif: ldif, certificate: certificate, certificateNames: certificateNames) { slapd in
            let fixture = DirectoryFixture(admin: try await AdminFixture(), slapd: slapd, port: try ReservedPort())
            try fixture.configure(ldap: slapd.gatewaySection)
            try await body(fixture)
        }
    }

    var folder: TemporaryFolder { admin.folder }

    func configure(ldap section: String) throws {
        try folder.write(
            """
            socket: \(folder.file("gateway.sock"))
            callers: {orchestrator: "\(getuid())"}
            listen: {host: 127.0.0.1, port: \(port.number)}
            tls: {certificate: \(folder.file("certificate.pem")), key: \(folder.file("key.pem")), names: [127.0.0.1]}
            database: "\(admin.database.dsn(role: "martlet_gateway"))"
            rooms: {orchestrator: \(folder.file("orchestrator.sock")), logs: \(folder.file("logs.sock"))}
            \(section)
            """, to: "gateway.yaml")
    }

    /// `ldap` of the gateway's file with some text of it changed.
    func configure(_ text: String, to other: String) throws {
        try configure(ldap: slapd.gatewaySection.replacing(text, with: other))
    }

    func check(_ words: String...) async throws -> CommandRun {
        try await CommandRun(
            [
                ProgramProcess.folder + "/martlet-admin", "ldap", "check", "--config", folder.file("admin.yaml"),
                "--gateway-config",
                folder.file("gateway.yaml"),
            ] + words)
    }

    func sync(_ words: String...) async throws -> CommandRun {
        try await CommandRun(
            [ProgramProcess.folder + "/martlet-admin", "ldap", "sync", "--config", folder.file("admin.yaml")] + words)
    }

    /// The real gateway, with the schema that it needs.
    func startGateway() async throws -> ProgramProcess {
        let migrated = try await admin.run("migrate")
        guard migrated.code == 0 else { throw PrivateSlapd.Failure(description: migrated.error) }
        let gateway = try ProgramProcess(
            "martlet-gateway", arguments: ["--config", folder.file("gateway.yaml")], log: folder.file("gateway.log"))
        try await eventually("the gateway to answer") {
            try await CommandRun.curl(folder.file("gateway.sock"), "/readyz").status == "200"
        }
        return gateway
    }

    /// Gives a group of the directory a role.
    func assign(_ group: String, _ body: String, in org: String = "acme") async throws {
        let json = "{\"subject\": \"group:cn=\(group),ou=groups,dc=example,dc=org\", \(body)}"
        let run = try await CommandRun.curl(
            folder.file("gateway.sock"), "/v1/admin/orgs/\(org)/roles",
            ["-X", "POST", "-H", "content-type: application/json", "-d", json])
        guard run.status.hasPrefix("2") else { throw PrivateSlapd.Failure(description: run.output) }
    }

    /// The status of a sign-in with the usual password.
    func signIn(_ name: String) async throws -> String {
        try await CommandRun([
            "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H", "content-type: application/json", "-d",
            "{\"username\": \"\(name)\", \"password\": \"\(name)-demo\"}", "https://127.0.0.1:\(port.number)/auth/login",
        ]).output
    }
}
