import ArgumentParser
import DirectoryClient
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// What the gateway's configuration finds in the directory, by the gateway's own code.
struct LDAPCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Shows step by step what the configuration finds in the directory. Changes nothing.",
        discussion: """
            Reads the section ldap of the gateway's file, as it is now: a change can be checked before the gateway is restarted. Every \
            server is tried. Exits with 1 when a step failed.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "The gateway's configuration file.") var gatewayConfig = "/etc/martlet/gateway.yaml"
    @Option(help: "Whom to look for, as they would sign in; no password is needed.") var user: String?
    @Option(help: "text or json.") var output = AdminOutput.text

    /// The document of `--output json`.
    struct Document: Encodable {
        var ok: Bool
        var steps: [DirectoryCheckReport.Step]
        var person: DirectoryCheckReport.Person?
        var roles: [DirectoryRolesReply.Role]?
    }

    func run() async throws {
        let file = try ConfigReader.read(GatewayFile.self, path: gatewayConfig)
        let admin = try options.load()
        let directory = Directory(file.ldap)
        var report: DirectoryCheckReport
        switch await directory.check(username: user) {
        case .found(let found): report = found
        case .notFound, .unknown:
            throw ErrorBody(error: "ADM-003", message: "the check did not end in time: \(file.ldap.urls.joined(separator: ", "))")
        }
        directory.stop()
        let roles = await roles(of: report.person, admin, &report)
        if output == .json {
            try AdminOutput.write(
                Document(ok: report.isGood, steps: report.steps, person: report.person, roles: roles))
        } else {
            for step in report.steps { print(Self.text(of: step).withoutControls) }
        }
        guard report.isGood else { throw ExitCode(1) }
    }

    /// The roles that the person would have, as the running gateway says.
    private func roles(
        of person: DirectoryCheckReport.Person?, _ admin: AdminConfiguration, _ report: inout DirectoryCheckReport
    ) async -> [DirectoryRolesReply.Role]? {
        guard let person else { return nil }
        let gateway = RoomClient(room: "gateway", socket: admin.gatewaySocket)
        do throws(RoomError) {
            let reply: DirectoryRolesReply = try await gateway.call(
                .post, "/v1/admin/directory/roles", body: DirectoryRolesRequest(id: person.id, groups: person.groups))
            for role in reply.roles { report.steps.append(.init(step: "roles", outcome: .ok, detail: Self.text(of: role))) }
            if reply.roles.isEmpty {
                report.steps.append(
                    .init(
                        step: "roles", outcome: .warning, detail: "none in any organization: they cannot sign in",
                        remedy: "Give a role to one of their groups, or to user:\(person.id)."))
            }
            return reply.roles
        } catch {
            report.steps.append(
                .init(
                    step: "roles", outcome: .warning, detail: "\(error)",
                    remedy: "Roles are shown when the gateway runs."))
            return nil
        }
    }

    private static func text(of role: DirectoryRolesReply.Role) -> String {
        let object: String
        switch role.level {
        case .organization: object = role.organization
        case .application: object = "\(role.organization), application \(role.object ?? "")"
        case .environmentType: object = "\(role.organization), environment type \(role.object ?? "")"
        }
        return "\(object): \(role.role) (\(role.group.map { "by \($0)" } ?? "given to them"))"
    }

    private static func text(of step: DirectoryCheckReport.Step) -> String {
        let outcome =
            switch step.outcome {
            case .ok: "ok     "
            case .warning: "warning"
            case .failed: "FAILED "
            }
        let name = step.step + String(repeating: " ", count: max(0, 8 - step.step.count))
        let head = "\(outcome)  \(name)  \(step.detail)" + (step.resultCode.map { " [\($0)]" } ?? "")
        return step.remedy.map { head + "\n" + String(repeating: " ", count: 19) + $0 } ?? head
    }
}
