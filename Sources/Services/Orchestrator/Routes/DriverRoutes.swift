import PlatformModel
import Postgres
import ServiceRuntime

/// The drivers that an organisation registers.
enum DriverRoutes {
    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        let desk = DriverDesk(database: database)
        return [
            RouteHandler("GET", "/orgs/{orgId}/resources/drivers") { call in
                return try .ok(try await database.withOrg(call.orgID, DriverStore.list))
            },
            RouteHandler("POST", "/orgs/{orgId}/resources/drivers") { call in
                let request = try call.decode(DriverRegistration.self)
                guard let id = request.id else { throw HTTPFailure.invalid("id: missing") }
                return try .ok(try await desk.create(request.driver(id, call.orgID), request, call))
            },
            RouteHandler("GET", "/orgs/{orgId}/resources/drivers/{driverId}") { call in
                let id = call.parameter("driverId")
                guard let driver = try await database.withOrg(call.orgID, { try await DriverStore.driver(id, $0) }) else {
                    throw HTTPFailure.notFound("driver", id)
                }
                return try .tagged(driver)
            },
            RouteHandler("PUT", "/orgs/{orgId}/resources/drivers/{driverId}") { call in
                let request = try call.decode(DriverRegistration.self)
                let driver = request.driver(call.parameter("driverId"), call.orgID)
                return try .tagged(try await desk.replace(driver, request, call))
            },
            RouteHandler("DELETE", "/orgs/{orgId}/resources/drivers/{driverId}") { call in
                try await desk.delete(call.parameter("driverId"), call)
                return .noContent
            },
        ]
    }
}

/// Contract: CreateDriverRequestRequest and, without the id, UpdateDriverRequestRequest.
struct DriverRegistration: Decodable {
    var id: String?
    var type: String
    var target: String
    var template: JSON?
    var inputsSchema: JSON
    var accountTypes: [String]

    private enum CodingKeys: String, CodingKey {
        case id, type, target, template
        case inputsSchema = "inputs_schema"
        case accountTypes = "account_types"
    }

    func driver(_ id: String, _ orgID: String) -> ResourceDriver {
        let text = template?.string
        return ResourceDriver(
            orgID: orgID, id: id, type: type, target: target, template: text?.isEmpty == true ? nil : text,
            inputsSchema: inputsSchema.isNull ? [:] : inputsSchema, accountTypes: accountTypes)
    }
}
