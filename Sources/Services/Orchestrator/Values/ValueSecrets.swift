import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Takes the secrets among shared values to the broker and has them erased there; the orchestrator never reads one back.
struct ValueSecrets: Sendable {
    let broker: RoomClient

    /// Stores a secret under a path of its own, so that each content can be erased by itself.
    ///
    /// - Throws: 400 where the broker cannot take it.
    func keep(_ text: String, at path: String, orgID: String) async throws -> SecretReference {
        let request = SecretWriteRequest(grant: nil, orgID: orgID, path: path, value: .string(text), ifAbsent: true)
        do throws(RoomError) {
            let reply: SecretWriteReply = try await broker.call(.post, "/v1/secrets/write", body: request)
            return reply.reference
        } catch {
            guard let status = error.status, [400, 413, 422].contains(status) else { throw error }
            throw HTTPFailure.invalid("value: \(error.body?.message ?? "cannot be stored")")
        }
    }

    /// Erases what is on the list of removals, and takes it off the list.
    func erase(_ path: String, orgID: String, _ database: PostgresPool) async throws {
        try await broker.send(
            .post, "/v1/secrets/delete", body: SecretDeleteRequest(grant: nil, orgID: orgID, prefix: path))
        try await SecretRemovalStore.done(path, orgID: orgID, database)
    }

    /// - Throws: 400 for a reference that the application, or its environment, may not use.
    func check(_ reference: SecretReference, at place: SecretPlace, orgID: String) async throws {
        try await OutsideReferences(broker: broker).check(
            [.init(reference: reference, field: "secret_ref")], at: place, orgID: orgID)
    }
}
