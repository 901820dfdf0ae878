import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Resource definitions and their criteria.
enum DefinitionRoutes {
    static func handlers(_ database: PostgresPool, _ desk: DefinitionDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/resources/defs") { call in
                let records = try await database.withOrg(call.orgID, DefinitionStore.list)
                let wanted = records.filter { isWanted($0.definition, call.query) }
                return try .ok(wanted.map { DefinitionResponse(record: $0, orgID: call.orgID) })
            },
            RouteHandler("POST", "/orgs/{orgId}/resources/defs") { call in
                return try .ok(
                    DefinitionResponse(
                        record: try await desk.create(try call.decode(DefinitionRequest.self), call), orgID: call.orgID))
            },
            RouteHandler("GET", "/orgs/{orgId}/resources/defs/{defId}") { call in
                let id = call.parameter("defId")
                guard let record = try await database.withOrg(call.orgID, { try await DefinitionStore.definition(id, $0) })
                else { throw HTTPFailure.notFound("resource definition", id) }
                return try .tagged(DefinitionResponse(record: record, orgID: call.orgID))
            },
            RouteHandler("PUT", "/orgs/{orgId}/resources/defs/{defId}") { call in
                let record = try await desk.replace(try call.decode(DefinitionChange.self), isPatch: false, call)
                return try .tagged(DefinitionResponse(record: record, orgID: call.orgID))
            },
            RouteHandler("PATCH", "/orgs/{orgId}/resources/defs/{defId}") { call in
                let record = try await desk.replace(try call.decode(DefinitionChange.self), isPatch: true, call)
                return try .tagged(DefinitionResponse(record: record, orgID: call.orgID))
            },
            RouteHandler("GET", "/orgs/{orgId}/resources/defs/{defId}/impact") { call in
                return try .ok(try await database.withOrg(call.orgID) { try await DefinitionImpact.read(call, $0) })
            },
            RouteHandler("DELETE", "/orgs/{orgId}/resources/defs/{defId}") { call in
                try await desk.delete(call)
                return .noContent
            },
        ] + criteria(desk)
    }

    /// The filters of the list: the type, and whether one of its criteria may match there. A criterion that leaves a field out matches
    /// everywhere; a class must be the same.
    private static func isWanted(_ definition: ResourceDefinition, _ query: [String: String]) -> Bool {
        if let type = query["res_type"], type != definition.type { return false }
        guard ["class", "app", "env", "env_type", "res"].contains(where: { query[$0] != nil }) else { return true }
        func may(_ wanted: String?, _ name: String) -> Bool {
            guard let wanted, let asked = query[name] else { return true }
            return asked == wanted
        }
        return definition.criteria.contains { criterion in
            may(criterion.class, "class") && may(criterion.appID, "app") && may(criterion.envID, "env")
                && may(criterion.envType, "env_type") && may(criterion.resID, "res")
        }
    }

    private static func criteria(_ desk: DefinitionDesk) -> [RouteHandler] {
        [
            RouteHandler("POST", "/orgs/{orgId}/resources/defs/{defId}/criteria") { call in
                return try .ok(try await desk.addCriterion(try call.decode(MatchingCriteria.self), call))
            },
            RouteHandler("PUT", "/orgs/{orgId}/resources/defs/{defId}/criteria") { call in
                return try .ok(try await desk.replaceCriteria(try call.decode([MatchingCriteria].self), call))
            },
            RouteHandler("DELETE", "/orgs/{orgId}/resources/defs/{defId}/criteria/{criteriaId}") { call in
                try await desk.deleteCriterion(call)
                return .noContent
            },
        ]
    }
}

/// Contract: ResourceDefinitionResponse.
struct DefinitionResponse: Encodable {
    var record: DefinitionStore.Record
    var orgID: String

    func encode(to encoder: any Encoder) throws {
        try record.definition.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(orgID, forKey: .orgID)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.createdBy, forKey: .createdBy)
        try container.encode(record.updatedAt, forKey: .updatedAt)
        try container.encode(record.updatedBy, forKey: .updatedBy)
        try container.encode(false, forKey: .isDefault)
        try container.encode(false, forKey: .isDeleted)
        try container.encode(false, forKey: .inPlaceDriverChange)
    }

    private enum CodingKeys: String, CodingKey {
        case orgID = "org_id"
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
        case isDefault = "is_default"
        case isDeleted = "is_deleted"
        case inPlaceDriverChange = "in_place_driver_change"
    }
}

/// Contract: CreateResourceDefinitionRequestRequest. `secrets` are write-only: they go to the broker.
struct DefinitionRequest: Decodable {
    var id: String
    var name: String
    var type: String
    var driverType: String
    var driverAccount: String?
    var driverInputs: WrittenInputs?
    var criteria: [MatchingCriteria]?
    var provision: [String: CoProvision]?

    private enum CodingKeys: String, CodingKey {
        case id, name, type, criteria, provision
        case driverType = "driver_type"
        case driverAccount = "driver_account"
        case driverInputs = "driver_inputs"
    }
}

/// Contract: UpdateResourceDefinitionRequestRequest, PatchResourceDefinitionRequestRequest.
struct DefinitionChange: Decodable {
    var name: String?
    var driverType: String?
    var driverAccount: String?
    var driverInputs: WrittenInputs?
    var provision: [String: CoProvision]?

    private enum CodingKeys: String, CodingKey {
        case name, provision
        case driverType = "driver_type"
        case driverAccount = "driver_account"
        case driverInputs = "driver_inputs"
    }

    /// The inputs as they will be: what the change leaves out stays.
    func inputs(over before: DriverInputs) -> WrittenInputs {
        var inputs = driverInputs ?? WrittenInputs()
        if inputs.values == nil { inputs.values = before.values }
        if inputs.secrets == nil, inputs.secretRefs == nil { inputs.secretRefs = before.secretRefs }
        return inputs
    }
}

/// Contract: ValuesSecretsRefsRequest.
struct WrittenInputs: Decodable {
    var values: JSON?
    var secrets: JSON?
    var secretRefs: JSON?

    private enum CodingKeys: String, CodingKey {
        case values, secrets
        case secretRefs = "secret_refs"
    }
}
