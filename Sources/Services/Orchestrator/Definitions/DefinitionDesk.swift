import Planning
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Creates, replaces and deletes resource definitions and their criteria.
struct DefinitionDesk: Sendable {
    let database: PostgresPool
    let secrets: DefinitionSecrets

    func create(_ request: DefinitionRequest, _ call: RouteCall) async throws -> DefinitionStore.Record {
        guard IdentifierRule.organization.accepts(request.id) else {
            throw HTTPFailure.invalid(
                "'\(request.id)' cannot be the id of a resource definition: \(IdentifierRule.organization.words)")
        }
        var definition = ResourceDefinition(
            id: request.id, name: request.name, type: request.type, driverType: request.driverType,
            driverAccount: request.driverAccount, criteria: (request.criteria ?? []).map(Self.identified),
            provision: request.provision ?? [:], versionID: RandomIdentifier.short())
        // Whatever can be refused is refused before a secret is stored.
        try await database.withOrg(call.orgID) { [definition] transaction in
            try await Self.requireType(definition.type, transaction)
            try await DriverInputCheck.check(
                definition, request.driverInputs ?? WrittenInputs(), orgID: call.orgID, transaction)
            guard try await DefinitionStore.definition(definition.id, transaction) == nil else { throw Self.taken(definition.id) }
            try await Self.refuseConflicts(definition.criteria, of: definition, transaction)
        }
        definition.driverInputs = try await secrets.keep(
            request.driverInputs, orgID: call.orgID, definitionID: definition.id, versionID: definition.versionID)
        return try await database.withOrg(call.orgID) { [definition] transaction in
            let inserted = try await DefinitionStore.write(
                definition, isNew: true, by: call.principal.id, transaction)
            guard inserted else { throw Self.taken(definition.id) }
            try await Self.insert(definition.criteria, of: definition, transaction)
            return try await Self.require(definition.id, transaction)
        }
    }

    /// PUT replaces all that the request has; PATCH keeps what it leaves out.
    func replace(_ change: DefinitionChange, isPatch: Bool, _ call: RouteCall) async throws -> DefinitionStore.Record {
        let id = call.parameter("defId")
        // Whatever can be refused is refused before a secret is stored.
        let current = try await database.withOrg(call.orgID) { transaction in
            try await edit(call, transaction)
            let current = try await Self.require(id, transaction)
            var wanted = current.definition
            if let driverType = change.driverType { wanted.driverType = driverType }
            if change.driverAccount != nil || !isPatch { wanted.driverAccount = change.driverAccount }
            let inputs = change.inputs(over: isPatch ? current.definition.driverInputs : DriverInputs())
            try await DriverInputCheck.check(wanted, inputs, orgID: call.orgID, transaction)
            return current
        }
        var definition = current.definition
        definition.versionID = RandomIdentifier.short()
        if let name = change.name { definition.name = name }
        if let driverType = change.driverType { definition.driverType = driverType }
        if change.driverAccount != nil || !isPatch { definition.driverAccount = change.driverAccount }
        if change.provision != nil || !isPatch { definition.provision = change.provision ?? [:] }
        if change.driverInputs != nil || !isPatch {
            var inputs = try await secrets.keep(
                change.driverInputs, orgID: call.orgID, definitionID: id, versionID: definition.versionID)
            if isPatch {
                let before = current.definition.driverInputs
                if change.driverInputs?.values == nil { inputs.values = before.values }
                if change.driverInputs?.secrets == nil, change.driverInputs?.secretRefs == nil {
                    inputs.secretRefs = before.secretRefs
                }
            }
            definition.driverInputs = inputs
        }
        return try await database.withOrg(call.orgID) { [definition] transaction in
            try await edit(call, transaction)
            // What is left out was taken from what was there when it was read.
            guard try await Self.require(id, transaction).definition.versionID == current.definition.versionID else {
                throw HTTPFailure.conflict("somebody else has changed the resource definition '\(id)' at this moment; try again")
            }
            _ = try await DefinitionStore.write(definition, isNew: false, by: call.principal.id, transaction)
            return try await Self.require(id, transaction)
        }
    }

    /// - Throws: 409 with what uses it, unless `force`: those keep what they have and match anew at their next deployment.
    func delete(_ call: RouteCall) async throws {
        let id = call.parameter("defId")
        let isUsed = try await database.withOrg(call.orgID) { transaction in
            try await edit(call, transaction)
            let isUsed = try await DefinitionImpact.refuseDeletionWhileUsed(id, call, transaction)
            try await DefinitionStore.delete(id, transaction)
            return isUsed
        }
        // What it made needs its secrets to be destroyed.
        if !isUsed { await secrets.forget(orgID: call.orgID, definitionID: id) }
    }

    func addCriterion(_ criterion: MatchingCriteria, _ call: RouteCall) async throws -> MatchingCriteria {
        let criterion = Self.identified(criterion)
        try await database.withOrg(call.orgID) { transaction in
            try await edit(call, transaction)
            let definition = try await Self.require(call.parameter("defId"), transaction).definition
            try await Self.insert([criterion], of: definition, transaction)
        }
        return criterion
    }

    func replaceCriteria(_ criteria: [MatchingCriteria], _ call: RouteCall) async throws -> [MatchingCriteria] {
        try await database.withOrg(call.orgID) { transaction in
            try await edit(call, transaction)
            let definition = try await Self.require(call.parameter("defId"), transaction).definition
            // A criterion that stays keeps its id.
            let kept = criteria.map { wanted in
                definition.criteria.first { $0.isSame(as: wanted) } ?? Self.identified(wanted)
            }
            try await DefinitionStore.deleteCriteria(of: definition.id, transaction)
            try await Self.insert(kept, of: definition, transaction)
            return kept
        }
    }

    func deleteCriterion(_ call: RouteCall) async throws {
        let definitionID = call.parameter("defId"), id = call.parameter("criteriaId")
        try await database.withOrg(call.orgID) { transaction in
            try await edit(call, transaction)
            try await DefinitionImpact.refuseRematching(.deleteCriterion(id, of: definitionID), call, transaction)
            guard try await DefinitionStore.deleteCriterion(id, of: definitionID, transaction) else {
                throw HTTPFailure.notFound("matching criterion", id)
            }
        }
    }

    /// Its criteria are part of it.
    private func edit(_ call: RouteCall, _ transaction: PostgresTransaction) async throws {
        let id = call.parameter("defId")
        try await call.edit("defs/\(id)", transaction) {
            DefinitionResponse(record: try await Self.require(id, transaction), orgID: call.orgID)
        }
    }

    private static func identified(_ criterion: MatchingCriteria) -> MatchingCriteria {
        var criterion = criterion
        criterion.id = RandomIdentifier.short()
        return criterion
    }

    private static func insert(
        _ criteria: [MatchingCriteria], of definition: ResourceDefinition, _ transaction: PostgresTransaction
    ) async throws {
        try await refuseConflicts(criteria, of: definition, transaction)
        for criterion in criteria { try await DefinitionStore.insert(criterion, of: definition, transaction) }
    }

    /// - Throws: 409 naming the definitions that have the same criteria.
    private static func refuseConflicts(
        _ criteria: [MatchingCriteria], of definition: ResourceDefinition, _ transaction: PostgresTransaction
    ) async throws {
        guard !criteria.isEmpty else { return }
        let stored = try await DefinitionStore.list(transaction).map(\.definition)
        var wanted = definition
        // Those that it has already, too: the new ones may not equal them either.
        wanted.criteria = (stored.first { $0.id == definition.id }?.criteria ?? []) + criteria
        let found = conflicts(of: wanted, with: stored)
        guard found.isEmpty else {
            throw HTTPFailure.conflict(found.map(\.description).joined(separator: "\n"))
        }
    }

    private static func taken(_ id: String) -> HTTPFailure {
        .conflict("the resource definition '\(id)' exists already")
    }

    static func require(_ id: String, _ transaction: PostgresTransaction) async throws -> DefinitionStore.Record {
        guard let record = try await DefinitionStore.definition(id, transaction) else {
            throw HTTPFailure.notFound("resource definition", id)
        }
        return record
    }

    private static func requireType(_ type: String, _ transaction: PostgresTransaction) async throws {
        let known = (ResourceType.builtIn + (try await DefinitionStore.types(transaction))).map(\.type)
        guard !known.contains(type) else { return }
        let nearest = nearestName(to: type, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw HTTPFailure.invalid("type: there is no resource type '\(type)'\(nearest)")
    }
}
