import Cryptography
import Glibc
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// One file for whoever helps. Everything in it went through the mask.
struct DoctorBundle {
    private static let programs: [(title: String, words: [String])] = [
        ("system", ["uname", "-srm"]),
        (
            "packages",
            [
                "dpkg-query", "-W", "-f=${Package} ${Version} ${db:Status-Abbrev}\\n", "martlet*", "postgresql*", "podman",
                "haproxy", "systemd",
            ]
        ),
        (
            "units",
            ["systemctl", "list-units", "--all", "--no-pager", "--no-legend", "--plain", "martlet*", "postgresql*", "podman*"]
        ),
        ("journal", ["journalctl", "--no-pager", "-n", "500", "-o", "short-iso", "-u", "martlet-*"]),
    ]

    let look: HostLook
    let findings: [Finding]

    func write(to path: String) async throws {
        guard !HostFile.exists(path) else {
            throw ErrorBody(error: "ADM-036", message: "\(path) is there already; name another file")
        }
        let places = try BackupPlaces(configFile: look.configFile, look.admin)
        var secrets: [SecretBytes] = []
        for name in places.credentialNames() {
            // One that cannot be opened is not in any text either.
            if let secret = try? await HostCredential(path: "\(places.credentials)/\(name)").read() { secrets.append(secret) }
        }
        var text =
            "Martlet \(ProductVersion.text), \(Timestamp.now())\n"
            + Self.section("findings", findings.map(\.text).joined(separator: "\n"))
        for (title, words) in Self.programs {
            let result = try await HostProgram.run(words[0], Array(words.dropFirst()))
            text += Self.section(
                title, result.map { String(decoding: $0.output, as: UTF8.self) + $0.error } ?? "there is no \(words[0])")
        }
        for name in places.configurationNames() where name.hasSuffix(".yaml") {
            text += Self.section(name, try HostFile.text("\(places.configuration)/\(name)"))
        }
        let masked = SecretMask(secrets).masked(text)
        guard try HostFile.create(path, Array(masked.utf8), mode: 0o600, owner: HostFile.Owner(uid: geteuid())) else {
            throw ErrorBody(error: "ADM-036", message: "\(path) is there already; name another file")
        }
    }

    private static func section(_ title: String, _ text: String) -> String { "\n==== \(title)\n\(text)\n" }
}
