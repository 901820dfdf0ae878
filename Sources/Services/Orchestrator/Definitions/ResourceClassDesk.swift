import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// The catalogue of classes of resource types, built-in ones and the organisation's own.
struct ResourceClassDesk: Sendable {
    let database: PostgresPool

    func list(_ call: RouteCall) async throws -> [ResourceClass] {
        try await database.withOrg(call.orgID, ResourceClassStore.list)
    }

    func create(_ request: ResourceClassRequest, _ call: RouteCall) async throws -> ResourceClass {
        let type = call.parameter("typeId")
        try Self.require(id: request.id, description: request.description)
        return try await database.withOrg(call.orgID) { transaction in
            try await Self.requireType(type, transaction)
            let isNew = try await ResourceClassStore.insert(
                request.id, of: type, request.description, by: call.principal.id, transaction)
            guard isNew else { throw HTTPFailure.conflict("the class '\(request.id)' of '\(type)' exists already") }
            return try await Self.require(request.id, of: type, transaction)
        }
    }

    func get(_ call: RouteCall) async throws -> ResourceClass {
        try await database.withOrg(call.orgID) { transaction in
            try await Self.require(call.parameter("classId"), of: call.parameter("typeId"), transaction)
        }
    }

    func describe(_ change: ResourceClassChange, _ call: RouteCall) async throws -> ResourceClass {
        let type = call.parameter("typeId"), id = call.parameter("classId")
        try Self.require(id: nil, description: change.description)
        return try await database.withOrg(call.orgID) { transaction in
            try await Self.edit(call, transaction)
            _ = try await ResourceClassStore.describe(id, of: type, change.description, transaction)
            return try await Self.require(id, of: type, transaction)
        }
    }

    /// What is written with it goes on: a class is only told of here.
    func delete(_ call: RouteCall) async throws {
        let type = call.parameter("typeId"), id = call.parameter("classId")
        try await database.withOrg(call.orgID) { transaction in
            try await Self.edit(call, transaction)
            _ = try await ResourceClassStore.delete(id, of: type, transaction)
        }
    }

    // MARK: The parts

    private static func edit(_ call: RouteCall, _ transaction: PostgresTransaction) async throws {
        let type = call.parameter("typeId"), id = call.parameter("classId")
        try await call.edit("types/\(type)/classes/\(id)", transaction) { try await require(id, of: type, transaction) }
    }

    private static func require(_ id: String, of type: String, _ transaction: PostgresTransaction) async throws -> ResourceClass {
        guard let found = try await ResourceClassStore.find(id, of: type, transaction) else {
            throw HTTPFailure.notFound("class of '\(type)'", id)
        }
        return found
    }

    /// Locked, where it is the organisation's own: whoever deletes it meanwhile takes the new class along.
    private static func requireType(_ type: String, _ transaction: PostgresTransaction) async throws {
        guard !ResourceType.builtIn.contains(where: { $0.type == type }) else { return }
        guard try await DefinitionStore.lockType(type, transaction) else { throw HTTPFailure.notFound("resource type", type) }
    }

    /// - Throws: 400 with everything that is wrong.
    private static func require(id: String?, description: String) throws {
        var problems: [Problem] = []
        if let id, !ResourceClass.accepts(id: id) {
            let words =
                "'\(id.prefix(80))' cannot be a class: 2 to 63 lower-case letters, digits and hyphens, no hyphen at an end"
            problems.append(Problem(code: "API-105", path: "id", message: words))
        }
        let length = description.unicodeScalars.count
        if length > ResourceClass.longestDescription {
            let words = "has \(length) characters; at most \(ResourceClass.longestDescription) are allowed"
            problems.append(Problem(code: "API-105", path: "description", message: words))
        }
        guard problems.isEmpty else {
            throw HTTPFailure.invalid(
                problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
        }
    }
}

/// Contract: ResourceClassRequest.
struct ResourceClassRequest: Decodable {
    var id: String
    var description: String
}

/// Contract: UpdateResourceClassRequest.
struct ResourceClassChange: Decodable {
    var description: String
}
