import AccessControl
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Organisations, environment types and resource types.
enum OrganizationRoutes {
    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs") { call in
                var organizations: [Organization] = []
                for id in call.principal.memberOf.sorted() {
                    if let organization = try await database.withOrg(id, OrganizationStore.organization) {
                        organizations.append(organization)
                    }
                }
                return try .ok(organizations)
            },
            RouteHandler("GET", "/orgs/{orgId}") { call in
                guard let organization = try await database.withOrg(call.orgID, OrganizationStore.organization) else {
                    throw HTTPFailure.notFound("organization", call.orgID)
                }
                return try .ok(organization)
            },
        ] + environmentTypes(database) + resourceTypes(database)
    }

    private static func environmentTypes(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/env-types") { call in
                return try .ok(try await database.withOrg(call.orgID, OrganizationStore.environmentTypes))
            },
            RouteHandler("POST", "/orgs/{orgId}/env-types") { call in
                let request = try call.decode(EnvironmentTypeRequest.self)
                try requireIdentifier(request.id, .application, of: "environment type")
                let type = EnvironmentType(id: request.id, description: request.description ?? "")
                guard try await database.withOrg(call.orgID, { try await OrganizationStore.insert(type, $0) }) else {
                    throw HTTPFailure.conflict("the environment type '\(type.id)' exists already")
                }
                return try .created(type)
            },
            RouteHandler("GET", "/orgs/{orgId}/env-types/{envTypeId}") { call in
                let id = call.parameter("envTypeId")
                guard let type = try await database.withOrg(call.orgID, { try await OrganizationStore.environmentType(id, $0) })
                else { throw HTTPFailure.notFound("environment type", id) }
                return try .ok(type)
            },
            RouteHandler("DELETE", "/orgs/{orgId}/env-types/{envTypeId}") { call in
                let id = call.parameter("envTypeId")
                try await database.withOrg(call.orgID) { transaction in
                    let users = try await OrganizationStore.environments(ofType: id, transaction)
                    guard users.isEmpty else {
                        throw HTTPFailure.conflict(
                            "the environment type '\(id)' is in use; delete its environments first",
                            details: [
                                "environments": .array(users.map { ["app_id": .string($0.app), "env_id": .string($0.env)] })
                            ])
                    }
                    guard try await OrganizationStore.deleteEnvironmentType(id, transaction) else {
                        throw HTTPFailure.notFound("environment type", id)
                    }
                }
                return .noContent
            },
        ]
    }

    private static func resourceTypes(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/resources/types") { call in
                let own = try await database.withOrg(call.orgID, DefinitionStore.types)
                return try .ok((ResourceType.builtIn + own).sorted { $0.type < $1.type })
            },
            RouteHandler("POST", "/orgs/{orgId}/resources/types") { call in
                let request = try call.decode(ResourceTypeRequest.self)
                let type = try request.type(orgID: call.orgID)
                guard try await database.withOrg(call.orgID, { try await DefinitionStore.insert(type, $0) }) else {
                    throw HTTPFailure.conflict("the resource type '\(type.type)' exists already")
                }
                return try .ok(type)
            },
        ]
    }

    /// - Throws: 400 with the rule in words.
    static func requireIdentifier(_ id: String, _ rule: IdentifierRule, of thing: String) throws {
        guard rule.accepts(id) else {
            throw HTTPFailure.invalid("'\(id)' cannot be the id of an \(thing): \(rule.words)")
        }
    }
}

private struct EnvironmentTypeRequest: Decodable {
    var id: String
    var description: String?
}

private struct ResourceTypeRequest: Decodable {
    var type: String
    var name: String?
    var category: String?
    var use: String
    var inputsSchema: JSON?
    var outputsSchema: JSON?

    private enum CodingKeys: String, CodingKey {
        case type, name, category, use
        case inputsSchema = "inputs_schema"
        case outputsSchema = "outputs_schema"
    }

    func type(orgID: String) throws -> ResourceType {
        guard type.hasPrefix("\(orgID)/"), IdentifierRule.organization.accepts(String(type.dropFirst(orgID.count + 1))) else {
            throw HTTPFailure.invalid(
                "'\(type)' cannot be a resource type: a type of your own is '\(orgID)/' and \(IdentifierRule.organization.words)")
        }
        guard ["direct", "indirect", "implicit"].contains(use) else {
            throw HTTPFailure.invalid("use: '\(use)' is none of direct, indirect, implicit")
        }
        return ResourceType(
            type: type, name: name ?? type, category: category ?? "", use: use, inputsSchema: inputsSchema ?? [:],
            outputsSchema: outputsSchema ?? [:])
    }
}
