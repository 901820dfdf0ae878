import FoundationEssentials
import Glibc

/// A real Active Directory domain controller, Debian's Samba, on a loopback address of its own: `scripts/samba-dc`.
///
/// Each person's password is the name and `-Demo-1`.
package struct PrivateSamba: Sendable {
    package static let address = "127.0.0.77"
    package static let base = "dc=corp,dc=test"
    package static let users = "cn=users,dc=corp,dc=test"

    package let folder: TemporaryFolder

    package var certificateAuthorities: String { folder.file("tls/ca.pem") }
    package var bindPasswordFile: String { folder.file("password") }

    /// Starts one with these people and entries, gives it to the body, ends it.
    package static func with(
        users: [String], ldif: String, _ body: (PrivateSamba) async throws -> Void
    ) async throws {
        let samba = PrivateSamba(folder: try TemporaryFolder("msamba"))
        try samba.folder.write(ldif + "\n", to: "more.ldif")
        let script = packageRoot + "/scripts/samba-dc"
        let start = try await CommandRun([
            "env", "SAMBA_USERS=\(users.joined(separator: " "))", script, "start", samba.folder.path, address,
            samba.folder.file("more.ldif"),
        ])
        guard start.code == 0 else {
            throw PrivateSlapd.Failure(description: start.error + (samba.folder.read("ldif.log") ?? ""))
        }
        do {
            try await body(samba)
        } catch {
            _ = try await CommandRun([script, "stop", samba.folder.path])
            throw error
        }
        _ = try await CommandRun([script, "stop", samba.folder.path])
    }

    /// Changes entries as the domain's administrator.
    package func modify(_ ldif: String) async throws {
        try folder.write(ldif + "\n", to: "change.ldif")
        let run = try await CommandRun([
            "env", "-u", "LDAPNOINIT", "LDAPTLS_CACERT=\(certificateAuthorities)", "ldapmodify", "-H", "ldaps://\(Self.address)",
            "-x", "-D",
            "administrator@corp.test", "-y", folder.file("administrator"), "-f", folder.file("change.ldif"),
        ])
        guard run.code == 0 else { throw PrivateSlapd.Failure(description: run.error) }
    }

    private static let packageRoot = #filePath.split(separator: "/").dropLast(4).reduce(into: "") { $0 += "/" + $1 }
}
