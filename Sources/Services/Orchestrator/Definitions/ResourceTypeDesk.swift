import HTTPTypes
import PlatformModel
import Postgres
import Schemas
import ServiceRuntime

/// Creates, changes and deletes an organisation's own resource types.
struct ResourceTypeDesk: Sendable {
    let database: PostgresPool

    static let uses = ["direct", "indirect", "implicit"]
    /// Of each kind of things that a type is in use by.
    private static let mostTold = 100

    /// What there is, and what changes of one are made on: a type has no GET of its own.
    static func list(_ transaction: PostgresTransaction) async throws -> [ResourceType] {
        (ResourceType.builtIn + (try await DefinitionStore.types(transaction))).sorted { $0.type < $1.type }
    }

    func create(_ request: ResourceTypeRequest, _ call: RouteCall) async throws -> ResourceType {
        let type = ResourceType(
            type: request.type, name: request.name ?? request.type, category: request.category ?? "", use: request.use,
            inputsSchema: Self.schema(request.inputsSchema), outputsSchema: Self.schema(request.outputsSchema))
        try Self.require(type, orgID: call.orgID)
        guard try await database.withOrg(call.orgID, { try await DefinitionStore.insert(type, $0) }) else {
            throw HTTPFailure.conflict("the resource type '\(type.type)' exists already")
        }
        return type
    }

    /// PUT replaces all that may change; PATCH keeps what it leaves out.
    /// - Throws: 409 with the resources that stand and whose outputs would no longer be allowed, unless `force`.
    func replace(_ change: ResourceTypeChange, isPatch: Bool, _ call: RouteCall) async throws -> ResourceType {
        let id = call.parameter("typeId")
        return try await database.withOrg(call.orgID) { transaction in
            let present = try await Self.edit(id, call, transaction)
            var type = isPatch ? present : ResourceType(type: id, name: id, category: "", use: present.use)
            type.name = change.name ?? type.name
            type.category = change.category ?? type.category
            type.use = change.use ?? type.use
            if let schema = change.inputsSchema { type.inputsSchema = Self.schema(schema) }
            if let schema = change.outputsSchema { type.outputsSchema = Self.schema(schema) }
            try Self.require(type, orgID: call.orgID)
            if type.outputsSchema != present.outputsSchema, !call.flag("force") {
                try await Self.refuseWhatNoLongerFits(type, transaction)
            }
            try await DefinitionStore.update(type, transaction)
            return type
        }
    }

    /// - Throws: 409 with what is of the type: resources that stand, definitions, drivers.
    func delete(_ call: RouteCall) async throws {
        let id = call.parameter("typeId")
        try await database.withOrg(call.orgID) { transaction in
            _ = try await Self.edit(id, call, transaction)
            var resources: [JSON] = [], standing = 0
            try await ActiveResourceStore.eachPlaced(.ofType(id), transaction) { batch in
                resources += batch.prefix(Self.mostTold - resources.count).map(Self.shown)
                standing += batch.count
            }
            let definitions = try await DefinitionStore.list(transaction).map(\.definition).filter { $0.type == id }
            let drivers = try await DriverStore.list(transaction).filter { $0.type == id }
            guard standing == 0, definitions.isEmpty, drivers.isEmpty else {
                throw HTTPFailure.conflict(
                    "the resource type '\(id)' is in use: resources that stand: \(standing), definitions: \(definitions.count), "
                        + "drivers: \(drivers.count); delete those first",
                    details: [
                        "resources": .array(resources),
                        "definitions": .array(definitions.prefix(Self.mostTold).map { .string($0.id) }),
                        "drivers": .array(drivers.prefix(Self.mostTold).map { .string($0.id) }),
                    ])
            }
            try await DefinitionStore.deleteType(id, transaction)
            try await ResourceClassStore.deleteAll(of: id, transaction)
        }
    }

    // MARK: The parts

    /// First: what is not there, or is built in, is told before what was read of it.
    private static func edit(_ id: String, _ call: RouteCall, _ transaction: PostgresTransaction) async throws -> ResourceType {
        try await call.edit("types", transaction) {
            _ = try await require(id, transaction)
            return try await list(transaction)
        }
        return try await require(id, transaction)
    }

    private static func schema(_ written: JSON?) -> JSON { written.flatMap { $0.isNull ? nil : $0 } ?? [:] }

    /// - Throws: 403 for a built-in one, 404 for one that is not there.
    private static func require(_ id: String, _ transaction: PostgresTransaction) async throws -> ResourceType {
        if let own = try await DefinitionStore.types(transaction).first(where: { $0.type == id }) { return own }
        guard !ResourceType.builtIn.contains(where: { $0.type == id }) else {
            throw HTTPFailure(
                .forbidden,
                ErrorBody(error: "forbidden", message: "the resource type '\(id)' is built in: it cannot be changed or deleted"))
        }
        throw HTTPFailure.notFound("resource type", id)
    }

    /// - Throws: 400 with everything that is wrong.
    private static func require(_ type: ResourceType, orgID: String) throws {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "API-105", path: path, message: message, suggestion: suggestion))
        }
        let rule = IdentifierRule.organization
        if !type.type.hasPrefix("\(orgID)/") || !rule.accepts(String(type.type.dropFirst(orgID.count + 1))) {
            let words = "'\(type.type.prefix(80))' cannot be a resource type: a type of your own is '\(orgID)/' and \(rule.words)"
            add("type", words)
        }
        if !uses.contains(type.use) {
            add(
                "use", "'\(type.use.prefix(40))' is none of \(uses.joined(separator: ", "))",
                nearestName(to: type.use, among: uses))
        }
        for found in TypeSchemas.problems(of: type).prefix(20) { add(found.path, found.message, found.suggestion) }
        guard problems.isEmpty else {
            throw HTTPFailure.invalid(
                problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
        }
    }

    private static func refuseWhatNoLongerFits(_ type: ResourceType, _ transaction: PostgresTransaction) async throws {
        let schemas = TypeSchemas(type)
        var told: [JSON] = [], total = 0
        try await ActiveResourceStore.eachOutputs(ofType: type.type, transaction) { resource in
            // A secret is not read for this: it may be anything.
            let secrets = JSON.object((resource.secretRefs.object ?? [:]).mapValues { _ in .string(Self.unknown) })
            let found = schemas.violations(ofValues: resource.resource, secrets: secrets, where: { $0 == Self.unknown })
            guard !found.isEmpty else { return }
            total += 1
            guard told.count < mostTold else { return }
            var shown = Self.shown(resource)
            shown["problems"] = .array(
                found.prefix(10).map { ["path": .string($0.path), "message": .string($0.message)] })
            told.append(shown)
        }
        guard total == 0 else {
            throw HTTPFailure.conflict(
                "the outputs of \(total) resources that stand do not fit the new outputs_schema of '\(type.type)'; they stay as they "
                    + "are, and fail when they are provisioned again. Say force=true to change the type all the same",
                details: ["resources": .array(told), "total": .int(Int64(total))])
        }
    }

    private static let unknown = "${secret}"

    private static func shown(_ resource: ActiveResource) -> JSON {
        [
            "app_id": .string(resource.appID), "env_id": .string(resource.envID),
            "resource": .string(resource.identity.description),
        ]
    }
}
