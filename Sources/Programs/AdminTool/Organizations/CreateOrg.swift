import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

struct CreateOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes an organisation, its first administrators, and a token for them.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String
    @Option(help: "What people call it; default: the id.") var name: String?
    @Option(help: "An LDAP group whose members administer it (its DN); may be repeated.") var adminGroup: [String] = []
    @Option(help: "Makes a service user of this name with an administrator's token, which is printed once.") var token: String?
    @Option(help: "Days until that token ends.") var expiresInDays = 90

    func run() async throws {
        let configuration = try options.load()
        let orchestrator = RoomClient(room: "orchestrator", socket: configuration.orchestratorSocket)
        let gateway = RoomClient(room: "gateway", socket: configuration.gatewaySocket)
        let organization = OrganizationRequest(id: id, name: name ?? id)
        let made = try await orchestrator.send(.post, "/v1/admin/orgs", body: organization).status == 201
        note(made ? "made the organisation '\(id)'" : "the organisation '\(id)' is there")
        for group in adminGroup {
            let role = RoleAssignmentRequest(
                subject: "group:\(group)", level: .organization, object: nil, role: OrgRole.administrator.rawValue)
            try await gateway.send(.post, "/v1/admin/orgs/\(id)/roles", body: role)
            note("members of \(group) administer it")
        }
        guard let token else { return }
        let reply: ServiceTokenReply = try await gateway.call(
            .post, "/v1/admin/orgs/\(id)/tokens",
            body: ServiceTokenRequest(
                name: token, description: "made by martlet-admin", orgRole: .administrator, expiresInDays: expiresInDays))
        print(reply.token)
    }

    /// What happened goes to standard error: standard output is for the token alone.
    private func note(_ text: String) { StandardError.write(text + "\n") }
}
