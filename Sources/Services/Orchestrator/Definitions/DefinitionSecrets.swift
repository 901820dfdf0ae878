import HTTPTypes
import PlatformModel
import ServiceAPI

/// Moves the secrets that a definition is written with into the broker, before anything is stored.
struct DefinitionSecrets: Sendable {
    let broker: RoomClient

    /// Inputs with references where the request had secrets. A reference that was written stays as it is.
    func keep(
        _ inputs: WrittenInputs?, orgID: String, definitionID: String, versionID: String
    ) async throws -> DriverInputs {
        guard let inputs else { return DriverInputs() }
        var references = inputs.secretRefs ?? [:]
        if let secrets = inputs.secrets, case .object = secrets {
            let path = ["orgs", orgID, "definitions", definitionID, versionID]
            references = merge(references, try await keep(secrets, orgID: orgID, at: path))
        }
        return DriverInputs(values: inputs.values ?? [:], secretRefs: references)
    }

    private func keep(_ value: JSON, orgID: String, at path: [String]) async throws -> JSON {
        if case .object(let members) = value {
            var references: [String: JSON] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                // A name is one segment of the path, whatever is in it.
                references[name] = try await keep(member, orgID: orgID, at: path + [HTTPCall.segment(name)])
            }
            return .object(references)
        }
        let reply: SecretWriteReply = try await broker.call(
            .post, "/v1/secrets/write",
            body: SecretWriteRequest(
                grant: nil, orgID: orgID, path: path.joined(separator: "/"), value: value, ifAbsent: false))
        return try JSON(encoding: reply.reference)
    }

    /// Everything that a definition that is gone was written with.
    func forget(orgID: String, definitionID: String) async {
        let request = SecretDeleteRequest(grant: nil, orgID: orgID, prefix: "orgs/\(orgID)/definitions/\(definitionID)/")
        // The definition is gone in any case; what the broker could not delete now is sealed, and nobody has a grant for it.
        _ = try? await broker.send(.post, "/v1/secrets/delete", body: request)
    }

    private func merge(_ left: JSON, _ right: JSON) -> JSON {
        guard case .object(let base) = left, case .object(let added) = right else { return right }
        return .object(base.merging(added, uniquingKeysWith: merge))
    }
}
