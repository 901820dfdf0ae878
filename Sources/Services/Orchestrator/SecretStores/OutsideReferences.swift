import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// References to secrets that people write: whether they may, asked of the broker, which asks again each time that one is read.
struct OutsideReferences: Sendable {
    let broker: RoomClient

    /// A reference that is written, and the client's name for its place.
    struct Written: Sendable, Hashable {
        var reference: SecretReference
        var field: String
    }

    /// - Parameter place: of the people of an application; nil for those who write definitions.
    /// - Throws: 400 with every reference that is refused.
    func check(_ written: [Written], at place: SecretPlace?, orgID: String) async throws {
        guard !written.isEmpty else { return }
        var problems: [String] = []
        var asked: [Written] = []
        for one in written {
            switch one.reference.store {
            case SecretStorePicture.builtInID, "humanitec":
                if let refusal = Self.refusal(ofBuiltIn: one.reference, at: place, orgID) {
                    problems.append("\(one.field).\(refusal)")
                }
            default: asked.append(one)
            }
        }
        if !asked.isEmpty {
            let check = SecretReferenceCheck(orgID: orgID, place: place, references: asked.map(\.reference))
            let reply: SecretReferenceCheck.Reply = try await broker.call(.post, "/v1/store-references/check", body: check)
            for (one, refusal) in zip(asked, reply.refusals) {
                if let refusal { problems.append("\(one.field): \(refusal)") }
            }
        }
        guard problems.isEmpty else { throw HTTPFailure.invalid(problems.joined(separator: "; ")) }
    }

    /// What the built-in store keeps is referred to by Martlet alone, since a path in it could be another application's. Definitions may
    /// repeat what an answer had: what definitions were written with.
    private static func refusal(ofBuiltIn reference: SecretReference, at place: SecretPlace?, _ orgID: String) -> String? {
        let isDefinitions = place == nil && reference.ref.hasPrefix("orgs/\(orgID)/definitions/")
        if isDefinitions,
            !reference.ref.split(separator: "/", omittingEmptySubsequences: false).contains(where: {
                ["", ".", ".."].contains($0)
            })
        {
            return nil
        }
        return
            "store: '\(reference.store)' is the built-in store, which takes values and no references; write the secret itself as value"
    }

    /// The references among a definition's `secret_refs`. What stands for a placeholder in a path is one part of it, whatever it will be.
    static func written(in document: JSON, at field: String) -> [Written] {
        guard let members = document.object else {
            return document.array?.enumerated().flatMap { written(in: $1, at: "\(field)[\($0)]") } ?? []
        }
        if let ref = members["ref"]?.string, members.keys.allSatisfy(["store", "ref", "version", "value"].contains) {
            let store = members["store"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? SecretStorePicture.builtInID
            let reference = SecretReference(store: store, ref: filled(ref), version: members["version"]?.string)
            return [Written(reference: reference, field: field)]
        }
        return members.sorted { $0.key < $1.key }.flatMap { written(in: $1, at: "\(field).\($0)") }
    }

    private static func filled(_ ref: String) -> String {
        guard let text = try? PlaceholderText(ref) else { return ref }
        return text.pieces.map { piece in
            switch piece {
            case .literal(let literal): literal
            case .placeholder: "x"
            }
        }.joined()
    }
}

extension Grant {
    /// A grant for what a deployment reads, with which of that the people of its application wrote.
    static func reading(
        _ reads: [SecretReference], _ context: EnvironmentContext, writePrefix: String? = nil, readPrefix: String? = nil,
        standing: Bool, lifetimeSeconds: Int = 3600, _ database: PostgresPool
    ) async throws -> Grant {
        var valueReads: [SecretReference] = []
        if reads.contains(where: { $0.store != SecretStorePicture.builtInID }) {
            let values = try await database.withOrg(context.orgID) {
                try await ValueStore.outsideReferences(appID: context.appID, $0)
            }
            valueReads = reads.filter { values.contains(SecretReference(store: $0.store, ref: $0.ref)) }
        }
        return Grant(
            orgID: context.orgID, reads: reads, writePrefix: writePrefix, readPrefix: readPrefix, standing: standing,
            lifetimeSeconds: lifetimeSeconds,
            place: SecretPlace(appID: context.appID, envID: context.envID, envType: context.envType), valueReads: valueReads)
    }
}
