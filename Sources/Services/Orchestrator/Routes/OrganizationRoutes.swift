import AccessControl
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Organisations and environment types.
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
        ] + environmentTypes(database)
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

    /// - Throws: 400 with the rule in words.
    static func requireIdentifier(_ id: String, _ rule: IdentifierRule, of thing: String) throws {
        guard rule.acceptsNew(id) else {
            throw HTTPFailure.invalid("'\(id)' cannot be the id of an \(thing): \(rule.refusal(of: id))")
        }
    }
}

private struct EnvironmentTypeRequest: Decodable {
    var id: String
    var description: String?
}
