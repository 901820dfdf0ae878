import PlatformModel
import Postgres
import ServiceRuntime

/// The kinds of resources, the built-in ones and an organisation's own, and the classes of both.
enum ResourceTypeRoutes {
    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        let desk = ResourceTypeDesk(database: database), classes = ResourceClassDesk(database: database)
        return [
            RouteHandler("GET", "/orgs/{orgId}/resources/types") { call in
                try .tagged(try await database.withOrg(call.orgID, ResourceTypeDesk.list))
            },
            RouteHandler("POST", "/orgs/{orgId}/resources/types") { call in
                let request = try call.decode(ResourceTypeRequest.self)
                return try .ok(try await desk.create(request, call))
            },
            RouteHandler("PUT", "/orgs/{orgId}/resources/types/{typeId}") { call in
                let change = try call.decode(ResourceTypeChange.self)
                guard change.use != nil else { throw HTTPFailure.invalid("use: missing") }
                return try .ok(try await desk.replace(change, isPatch: false, call))
            },
            RouteHandler("PATCH", "/orgs/{orgId}/resources/types/{typeId}") { call in
                let change = try call.decode(ResourceTypeChange.self)
                return try .ok(try await desk.replace(change, isPatch: true, call))
            },
            RouteHandler("DELETE", "/orgs/{orgId}/resources/types/{typeId}") { call in
                try await desk.delete(call)
                return .noContent
            },
            RouteHandler("GET", "/orgs/{orgId}/resources/classes") { try .ok(try await classes.list($0)) },
            RouteHandler("POST", "/orgs/{orgId}/resources/types/{typeId}/classes") { call in
                try .ok(try await classes.create(try call.decode(ResourceClassRequest.self), call))
            },
            RouteHandler("GET", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}") {
                try .tagged(try await classes.get($0))
            },
            RouteHandler("PATCH", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}") { call in
                try .tagged(try await classes.describe(try call.decode(ResourceClassChange.self), call))
            },
            RouteHandler("DELETE", "/orgs/{orgId}/resources/types/{typeId}/classes/{classId}") { call in
                try await classes.delete(call)
                return .noContent
            },
        ]
    }
}

/// Contract: ResourceTypeRequest.
struct ResourceTypeRequest: Decodable {
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
}

/// Contract: UpdateResourceTypeRequestRequest and PatchResourceTypeRequestRequest.
struct ResourceTypeChange: Decodable {
    var name: String?
    var category: String?
    var use: String?
    var inputsSchema: JSON?
    var outputsSchema: JSON?

    private enum CodingKeys: String, CodingKey {
        case name, category, use
        case inputsSchema = "inputs_schema"
        case outputsSchema = "outputs_schema"
    }
}
