import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// What a change of definitions or criteria would do to what stands.
struct DefinitionImpact: Encodable {
    /// The change that was asked about, in words.
    var change: String
    /// The active resources that would match another definition at their next deployment.
    var resources: [MatchImpact]

    /// By the query: `criteria_id` asks about the deletion of that criterion; any of `env_type`, `app_id`, `env_id`, `res_id`, `class`
    /// about a new criterion with these; nothing about the deletion of the definition.
    static func read(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> DefinitionImpact {
        let definition = try await DefinitionDesk.require(call.parameter("defId"), transaction).definition
        let (change, words) = try change(call.query, of: definition)
        return DefinitionImpact(change: words, resources: try await resources(change, transaction))
    }

    /// - Throws: 409 with every active resource that would match another definition, unless `force`.
    static func refuseRematching(
        _ change: MatchingChange, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws {
        guard !call.flag("force") else { return }
        let found = try await resources(change, transaction)
        guard !found.isEmpty else { return }
        throw refusal("without this criterion, resources that stand would match another definition", found)
    }

    /// - Returns: Whether something stands that the definition made.
    /// - Throws: 409 with it, and what would make it then, unless `force`.
    static func refuseDeletionWhileUsed(
        _ id: String, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        let uses = try await ActiveResourceStore.placed(.madeBy(id), transaction)
        guard !uses.isEmpty, !call.flag("force") else { return !uses.isEmpty }
        let left = MatchingChange.delete(definition: id)
            .applied(to: try await DefinitionStore.list(transaction).map(\.definition))
        throw refusal(
            "the resource definition '\(id)' made resources that stand", futureMatches(of: uses, definitions: left))
    }

    private static func refusal(_ cause: String, _ found: [MatchImpact]) -> HTTPFailure {
        .conflict(
            "\(cause); delete them first, or say force=true to let them match anew at their next deployment",
            details: ["resources": .array(found.compactMap { try? JSON(encoding: $0) })])
    }

    private static func resources(
        _ change: MatchingChange, _ transaction: PostgresTransaction
    ) async throws -> [MatchImpact] {
        let definitions = try await DefinitionStore.list(transaction).map(\.definition)
        guard let type = definitions.first(where: { $0.id == change.definitionID })?.type else { return [] }
        let active = try await ActiveResourceStore.placed(.ofType(type), transaction)
        return impact(of: change, on: active, definitions: definitions)
    }

    private static func change(
        _ query: [String: String], of definition: ResourceDefinition
    ) throws -> (MatchingChange, words: String) {
        let fields = ["app_id", "class", "env_id", "env_type", "res_id"], known = ["criteria_id"] + fields
        if let unknown = query.keys.sorted().first(where: { !known.contains($0) }) {
            let nearest = nearestName(to: unknown, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw HTTPFailure(.unprocessableContent, "invalid", "\(unknown): there is no such query parameter here\(nearest)")
        }
        let asked = fields.filter { query[$0] != nil }
        if let id = query["criteria_id"] {
            guard asked.isEmpty else {
                throw HTTPFailure.invalid("criteria_id: asks about a deletion, \(asked[0]) about an addition; ask one at a time")
            }
            guard definition.criteria.contains(where: { $0.id == id }) else {
                throw HTTPFailure.notFound("matching criterion", id)
            }
            return (.deleteCriterion(id, of: definition.id), "criterion '\(id)' of '\(definition.id)' is deleted")
        }
        guard !asked.isEmpty else { return (.delete(definition: definition.id), "definition '\(definition.id)' is deleted") }
        let members = Dictionary(asked.map { ($0, JSON.string(query[$0] ?? "")) }, uniquingKeysWith: { first, _ in first })
        let criterion = try JSON.object(members).decode(MatchingCriteria.self)
        let words = asked.map { "\($0)=\(query[$0] ?? "")" }.joined(separator: " ")
        return (.addCriterion(criterion, to: definition.id), "criterion \(words) is added to '\(definition.id)'")
    }
}
