import PlatformModel
import Postgres
import ServiceRuntime

/// The versions of a resource definition, and which of them is active.
enum DefinitionVersionRoutes {
    private static let base = "/orgs/{orgId}/resources/defs/{defId}/versions"

    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", base) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        _ = try await DefinitionDesk.require(call.parameter("defId"), transaction)
                        return try await DefinitionVersionStore.list(call.parameter("defId"), transaction)
                            .map { DefinitionVersionResponse(version: $0, orgID: call.orgID) }
                    })
            },
            RouteHandler("GET", base + "/{defVersionId}") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        DefinitionVersionResponse(version: try await require(call, transaction), orgID: call.orgID)
                    })
            },
            RouteHandler("POST", base + "/{defVersionId}/actions/promote") { call in
                try await database.withOrg(call.orgID) { transaction in
                    let version = try await require(call, transaction)
                    guard !version.isActive else { return }
                    try await check(version.definition, call.orgID, transaction)
                    try await DefinitionVersionStore.activate(
                        version.definition.versionID, of: version.definition.id, by: call.principal.id, transaction)
                }
                return .noContent
            },
        ]
    }

    /// Its driver may take other inputs by now.
    /// - Throws: 400 with every problem.
    static func check(
        _ definition: ResourceDefinition, _ orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        let inputs = WrittenInputs(
            values: definition.driverInputs.values, secrets: nil, secretRefs: definition.driverInputs.secretRefs)
        try await DriverInputCheck.check(definition, inputs, orgID: orgID, transaction)
    }

    private static func require(
        _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> DefinitionVersionStore.Version {
        try await require(call.parameter("defVersionId"), of: call.parameter("defId"), transaction)
    }

    /// - Throws: 404 with the nearest one.
    static func require(
        _ id: String, of definitionID: String, _ transaction: PostgresTransaction
    ) async throws -> DefinitionVersionStore.Version {
        _ = try await DefinitionDesk.require(definitionID, transaction)
        guard let version = try await DefinitionVersionStore.version(id, of: definitionID, transaction) else {
            throw HTTPFailure.notFound("version of the resource definition '\(definitionID)'", id)
        }
        return version
    }
}

/// Contract: ResourceDefinitionVersion. Nothing is archived or proposed here: each writing is active from then on.
private struct DefinitionVersionResponse: Encodable {
    var version: DefinitionVersionStore.Version
    var orgID: String

    func encode(to encoder: any Encoder) throws {
        let definition = version.definition
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(definition.versionID, forKey: .id)
        try container.encode(orgID, forKey: .orgID)
        try container.encode(definition.id, forKey: .defID)
        try container.encode(definition.name, forKey: .name)
        try container.encode(definition.type, forKey: .type)
        try container.encode(definition.driverType, forKey: .driverType)
        try container.encode(definition.driverAccount ?? "", forKey: .driverAccount)
        try container.encode(definition.driverInputs, forKey: .driverInputs)
        try container.encode(definition.provision, forKey: .provision)
        try container.encode(version.isFirst ? "created" : "updated", forKey: .action)
        try container.encode(version.isActive, forKey: .active)
        for key in [CodingKeys.archived, .proposed, .inPlaceDriverChange] { try container.encode(false, forKey: key) }
        try container.encode(version.createdAt, forKey: .createdAt)
        try container.encode(version.createdBy, forKey: .createdBy)
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, type, provision, action, active, archived, proposed
        case orgID = "org_id"
        case defID = "def_id"
        case driverType = "driver_type"
        case driverAccount = "driver_account"
        case driverInputs = "driver_inputs"
        case inPlaceDriverChange = "in_place_driver_change"
        case createdAt = "created_at"
        case createdBy = "created_by"
    }
}
