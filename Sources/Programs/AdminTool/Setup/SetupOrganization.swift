import Cryptography
import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// The first organisation, who administers it, and its definitions.
struct SetupOrganization {
    let admin: AdminConfiguration
    let configFile: String
    /// The command line, which knows how definitions are brought in.
    let client: String
    let definitions: String

    func make(
        _ organization: SetupAnswers.Organization, definitions names: [String], _ changed: (String) -> Void
    ) async throws {
        let orchestrator = RoomClient(room: "orchestrator", socket: admin.orchestratorSocket)
        let gateway = RoomClient(room: "gateway", socket: admin.gatewaySocket)
        let request = OrganizationRequest(id: organization.id, name: organization.name)
        if try await orchestrator.send(.post, "/v1/admin/orgs", body: request).status == 201 {
            changed("made the organisation '\(organization.id)'")
        }
        let path = "/v1/admin/orgs/\(HTTPCall.segment(organization.id))"
        if let administrators = organization.administrators {
            let role = RoleAssignmentRequest(
                subject: "group:\(administrators)", level: .organization, object: nil, role: OrgRole.administrator.rawValue)
            try await gateway.send(.post, "\(path)/roles", body: role)
            changed("members of \(administrators) administer it")
        }
        guard !names.isEmpty else { return }
        // For this import alone.
        let reply: ServiceTokenReply = try await gateway.call(
            .post, "\(path)/tokens",
            body: ServiceTokenRequest(
                name: "setup-\(UInt32.random(in: 0...UInt32.max))", description: "the import of martlet-admin setup",
                orgRole: .administrator, expiresInDays: 1))
        let file = try ConfigReader.read(GatewayFile.self, path: BackupPlaces.folder(of: configFile) + "/gateway.yaml")
        for name in names {
            let result = try await HostProgram.run(
                client, ["apply", "--filename", "\(definitions)/\(name).yaml"],
                environment: try environment(file, organization.id, reply.token))
            guard let result, result.isGood else {
                throw ErrorBody(
                    error: "ADM-044",
                    message: "the definition '\(name)' was not imported: \(result?.complaint ?? "there is no \(client)")")
            }
            changed("imported the definition '\(name)'")
        }
        // Worth nothing from now on. Where nobody else administers the organisation yet it is kept, and ends within a day.
        let role = RoleAssignmentRequest(
            subject: reply.info.userID, level: .organization, object: nil, role: OrgRole.administrator.rawValue)
        _ = try? await gateway.send(.post, "\(path)/roles/remove", body: role)
    }

    /// The token is in no argument, which everybody could read.
    private func environment(_ gateway: GatewayFile, _ org: String, _ token: String) throws -> [String: String] {
        var values = [
            "MARTLET_URL": "https://\(gateway.names.first ?? "127.0.0.1"):\(gateway.port)", "MARTLET_ORG": org,
            "MARTLET_TOKEN": token,
        ]
        // Nobody vouches for a self-made certificate but itself.
        let certificate = try Certificate(pem: Array(try HostFile.text(gateway.certificate).utf8))
        if certificate.isSigned(by: certificate) { values["MARTLET_CA"] = gateway.certificate }
        return values
    }
}
