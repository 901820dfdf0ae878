import AccessControl
import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// What a change of definitions or criteria would do to what stands.
struct DefinitionImpact: Encodable {
    /// The change that was asked about, in words.
    var change: String
    /// The first of the active resources that would match another definition at their next deployment.
    var resources: [MatchImpact]
    /// How many there are in all.
    var total: Int

    private static let mostListed = 10_000, mostInRefusal = 1000

    /// By the query: `criteria_id` asks about the deletion of that criterion; any of `env_type`, `app_id`, `env_id`, `res_id`, `class`
    /// about a new criterion with these; nothing about the deletion of the definition.
    static func read(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> DefinitionImpact {
        let definition = try await DefinitionDesk.require(call.parameter("defId"), transaction).definition
        let (change, words) = try change(call, of: definition)
        let found = try await resources(change, most: mostListed, transaction)
        return DefinitionImpact(change: words, resources: found.first, total: found.total)
    }

    /// - Throws: 409 with every active resource that would match another definition, unless `force`.
    static func refuseRematching(
        _ change: MatchingChange, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws {
        guard !call.flag("force") else { return }
        let found = try await resources(change, most: mostInRefusal, transaction)
        guard found.total > 0 else { return }
        throw refusal("without this criterion, resources that stand would match another definition", found)
    }

    /// - Returns: Whether something stands that the definition made.
    /// - Throws: 409 with it, and what would make it then, unless `force`.
    static func refuseDeletionWhileUsed(
        _ id: String, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard try await ActiveResourceStore.stands(madeBy: id, transaction) else { return false }
        guard !call.flag("force") else { return true }
        let definitions = try await DefinitionStore.list(transaction).map(\.definition)
        let left = MatchingChange.delete(definition: id).applied(to: definitions)
        throw refusal(
            "the resource definition '\(id)' made resources that stand",
            try await found(.madeBy(id), most: mostInRefusal, transaction) { futureMatches(of: $0, definitions: left) })
    }

    private static func refusal(_ cause: String, _ found: Found) -> HTTPFailure {
        .conflict(
            "\(cause); delete them first, or say force=true to let them match anew at their next deployment",
            details: [
                "resources": .array(found.first.compactMap { try? JSON(encoding: $0) }), "total": .int(Int64(found.total)),
            ])
    }

    private static func resources(
        _ change: MatchingChange, most: Int, _ transaction: PostgresTransaction
    ) async throws -> Found {
        let definitions = try await DefinitionStore.list(transaction).map(\.definition)
        guard let type = definitions.first(where: { $0.id == change.definitionID })?.type else { return Found() }
        return try await found(.ofType(type), most: most, transaction) { impact(of: change, on: $0, definitions: definitions) }
    }

    /// The first of what was found, and how much it is.
    private struct Found {
        var first: [MatchImpact] = []
        var total = 0
    }

    private static func found(
        _ choice: ActiveResourceStore.Choice, most: Int, _ transaction: PostgresTransaction,
        _ look: ([ActiveResource]) -> [MatchImpact]
    ) async throws -> Found {
        var found = Found()
        try await ActiveResourceStore.eachPlaced(choice, transaction) { batch in
            let more = look(batch)
            found.first += more.prefix(most - found.first.count)
            found.total += more.count
        }
        return found
    }

    private static func change(
        _ call: RouteCall, of definition: ResourceDefinition
    ) throws -> (MatchingChange, words: String) {
        let fields = ["app_id", "class", "env_id", "env_type", "res_id"], query = call.query
        if let unknown = call.unknownQuery.first {
            let nearest = nearestName(to: unknown, among: call.route.query.sorted()).map { "; did you mean '\($0)'?" } ?? ""
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
