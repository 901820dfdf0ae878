import HTTPTypes
import Planning
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Moves the secrets that a definition is written with into the broker, before anything is stored.
struct DefinitionSecrets: Sendable {
    let broker: RoomClient

    /// Inputs with references where the request had secrets. A reference that was written stays as it is.
    func keep(
        _ inputs: WrittenInputs?, orgID: String, definitionID: String, versionID: String
    ) async throws -> DriverInputs {
        guard let inputs else { return DriverInputs() }
        if let references = inputs.secretRefs {
            try await OutsideReferences(broker: broker).check(
                OutsideReferences.written(in: references, at: "driver_inputs.secret_refs"), at: nil, orgID: orgID)
        }
        let path = ["orgs", orgID, "definitions", definitionID, versionID]
        var references = inputs.secretRefs ?? [:]
        references = try await keepValues(in: references, orgID: orgID, at: path, field: "driver_inputs.secret_refs")
        if let secrets = inputs.secrets, case .object = secrets {
            references = merge(references, try await keep(secrets, orgID: orgID, at: path, field: "driver_inputs.secrets"))
        }
        return DriverInputs(values: inputs.values ?? [:], secretRefs: references)
    }

    /// - Parameter field: What the client calls it, for its error.
    private func keep(_ value: JSON, orgID: String, at path: [String], field: String) async throws -> JSON {
        if case .object(let members) = value {
            var references: [String: JSON] = [:]
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                references[name] = try await keep(
                    member, orgID: orgID, at: path + [try Self.part(name, "\(field).\(name)")], field: "\(field).\(name)")
            }
            return .object(references)
        }
        if let text = value.string, MadeSecret.isMade(text) { return ["value": value] }
        return try await write(value, orgID: orgID, at: path, field: field)
    }

    /// References in which some have their secret with them (contract: SecretReference.value, write-only). A text with placeholders is
    /// none: it is made of outputs when it is needed.
    private func keepValues(in value: JSON, orgID: String, at path: [String], field: String) async throws -> JSON {
        guard case .object(var members) = value else { return value }
        if let text = members["value"]?.string, members.keys.allSatisfy(["value", "store", "ref", "version"].contains) {
            return text.contains("${") ? value : try await write(.string(text), orgID: orgID, at: path, field: field)
        }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            members[name] = try await keepValues(
                in: member, orgID: orgID, at: path + [try Self.part(name, "\(field).\(name)")], field: "\(field).\(name)")
        }
        return .object(members)
    }

    /// - Throws: 400 with the field when the broker cannot take it.
    private func write(_ value: JSON, orgID: String, at path: [String], field: String) async throws -> JSON {
        let request = SecretWriteRequest(
            grant: nil, orgID: orgID, path: path.joined(separator: "/"), value: value, ifAbsent: false)
        let reply: SecretWriteReply
        do throws(RoomError) { reply = try await broker.call(.post, "/v1/secrets/write", body: request) } catch {
            guard let status = error.status, [400, 413, 422].contains(status) else { throw error }
            throw HTTPFailure.invalid("\(field): \(error.body?.message ?? "cannot be stored")")
        }
        return try JSON(encoding: reply.reference)
    }

    /// Everything that a definition that is gone was written with.
    func forget(orgID: String, definitionID: String) async {
        let request = SecretDeleteRequest(grant: nil, orgID: orgID, prefix: "orgs/\(orgID)/definitions/\(definitionID)")
        // The definition is gone in any case; what the broker could not delete now is sealed, and nobody has a grant for it.
        _ = try? await broker.send(.post, "/v1/secrets/delete", body: request)
    }

    private static func part(_ name: String, _ field: String) throws -> String {
        if let part = SecretPathPart.of(name) { return part }
        throw HTTPFailure.invalid("\(field): the name of a secret is empty or too long")
    }

    private func merge(_ left: JSON, _ right: JSON) -> JSON {
        guard case .object(let base) = left, case .object(let added) = right else { return right }
        return .object(base.merging(added, uniquingKeysWith: merge))
    }
}
