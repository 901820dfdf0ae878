import ArgumentParser
import PlatformModel
import Postgres
import ServiceAPI

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Looks at everything that Martlet needs on this host, and says what to do about what is wrong. Changes nothing.",
        discussion: """
            Services, database, clock, certificate, directory, secret stores, disks, Podman, the proxy of the routes, keys, the audit log. \
            Exits with 1 when something fails; a warning is no failure. --bundle also writes one file for whoever helps: the findings, \
            the configuration and the last lines of the journal, with secrets masked.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "text or json.") var output = AdminOutput.text
    @Option(help: "Writes a file for whoever helps.") var bundle: String?

    struct Document: Encodable {
        var ok: Bool
        var findings: [Finding]
    }

    func run() async throws {
        let look = try HostLook(try options.load(), configFile: options.config)
        let findings = DoctorRules.findings(
            try await look.observe(), version: ProductVersion.text, schema: SchemaVersion.required)
        let isGood = !findings.contains { $0.level == .failure }
        switch output {
        case .text: for finding in findings { print(finding.text.withoutControlsButBreaks) }
        case .json: try AdminOutput.write(Document(ok: isGood, findings: findings))
        }
        if let bundle {
            try await DoctorBundle(look: look, findings: findings).write(to: bundle)
            if output == .text { print("wrote \(bundle): look through it before you give it away") }
        }
        guard isGood else { throw ExitCode(1) }
    }
}

extension String {
    fileprivate var withoutControlsButBreaks: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).withoutControls }.joined(separator: "\n")
    }
}
