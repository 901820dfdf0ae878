import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Deltas and sets.
enum DeltaRoutes {
    static func handlers(_ database: PostgresPool) -> [RouteHandler] { deltas(database) + sets(database) }

    private static func deltas(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/deltas") { call in
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await EnvironmentRoutes.requireApplication(call, transaction)
                        return try await SetStore.deltas(
                            appID: call.appID, archived: call.flag("archived"), envID: call.query["env"], transaction)
                    })
            },
            RouteHandler("POST", "/orgs/{orgId}/apps/{appId}/deltas") { call in
                let request = try call.decode(DeltaRequest.self)
                return try .ok(
                    try await database.withOrg(call.orgID) { try await create(call, request, $0) })
            },
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/deltas/{deltaId}") { call in
                return try .tagged(try await database.withOrg(call.orgID) { try await require(call, $0) })
            },
            RouteHandler("PATCH", "/orgs/{orgId}/apps/{appId}/deltas/{deltaId}") { call in
                let changes = try call.decode([DeltaRequest].self)
                return try .tagged(
                    try await database.withOrg(call.orgID) { transaction in
                        try await call.edit("apps/\(call.appID)/deltas/\(call.parameter("deltaId"))", transaction) {
                            try await require(call, transaction)
                        }
                        var delta = try await require(call, transaction)
                        guard !delta.metadata.archived else {
                            throw HTTPFailure.invalid("the delta '\(delta.id)' is archived and cannot change")
                        }
                        delta.content = DeltaContent.merging([delta.content] + changes.map(\.content))
                        if !delta.metadata.contributers.contains(call.principal.id) {
                            delta.metadata.contributers.append(call.principal.id)
                        }
                        try await SetStore.update(delta, appID: call.appID, transaction)
                        return try await require(call, transaction)
                    })
            },
        ]
    }

    private static func sets(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/sets") { call in
                let sets = try await database.withOrg(call.orgID) { transaction in
                    try await EnvironmentRoutes.requireApplication(call, transaction)
                    return try await SetStore.list(appID: call.appID, transaction)
                }
                return try .ok(sets.map { SetResponse(id: $0.id, set: $0.content) })
            },
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/sets/{setId}") { call in
                let id = call.parameter("setId")
                return try await database.withOrg(call.orgID) { transaction in
                    let set = try await requireSet(id, call, transaction)
                    guard let other = call.query["diff"] else { return try .ok(SetResponse(id: id, set: set)) }
                    return try .ok(DeltaContent.diff(from: try await requireSet(other, call, transaction), to: set))
                }
            },
            RouteHandler("POST", "/orgs/{orgId}/apps/{appId}/sets/{setId}") { call in
                let delta = try call.decode(DeltaRequest.self)
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let set = try DeploymentIntake.apply(
                            delta.content, to: try await requireSet(call.parameter("setId"), call, transaction))
                        try await SetStore.keep(set, id: set.contentID, appID: call.appID, transaction)
                        return set.contentID
                    })
            },
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/sets/{setId}/diff/{sourceSetId}") { call in
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        DeltaContent.diff(
                            from: try await requireSet(call.parameter("sourceSetId"), call, transaction),
                            to: try await requireSet(call.parameter("setId"), call, transaction))
                    })
            },
        ]
    }

    private static func create(
        _ call: RouteCall, _ request: DeltaRequest, _ transaction: PostgresTransaction
    ) async throws -> Delta {
        try await EnvironmentRoutes.requireApplication(call, transaction)
        let now = Timestamp(milliseconds: 0)
        let metadata = DeltaMetadata(
            createdAt: now, createdBy: call.principal.id, envID: request.metadata?.envID, lastModifiedAt: now,
            name: request.metadata?.name, shared: request.metadata?.shared ?? false)
        let delta = Delta(id: call.newID(digits: 32), metadata: metadata, content: request.content)
        try await SetStore.insert(delta, appID: call.appID, transaction)
        guard let stored = try await SetStore.delta(delta.id, appID: call.appID, transaction) else {
            throw HTTPFailure.notFound("delta", delta.id)
        }
        return stored
    }

    private static func require(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Delta {
        try await SetStore.requireDelta(call.parameter("deltaId"), appID: call.appID, transaction)
    }

    private static func requireSet(
        _ id: String, _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> DeploymentSet {
        try await EnvironmentRoutes.requireApplication(call, transaction)
        return try await SetStore.require(id, appID: call.appID, transaction)
    }
}

/// Contract: DeltaRequest. Ids, dates and people are the server's.
private struct DeltaRequest: Decodable {
    struct Metadata: Decodable {
        var envID: String?
        var name: String?
        var shared: Bool?

        private enum CodingKeys: String, CodingKey {
            case name, shared
            case envID = "env_id"
        }
    }

    var metadata: Metadata?
    var content: DeltaContent

    init(from decoder: any Decoder) throws {
        metadata = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Metadata.self, forKey: .metadata)
        content = try DeltaContent(from: decoder)
    }

    private enum CodingKeys: String, CodingKey { case metadata }
}

/// Contract: SetResponse.
private struct SetResponse: Encodable {
    var id: String
    var set: DeploymentSet

    func encode(to encoder: any Encoder) throws {
        try set.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(0, forKey: .version)
    }

    private enum CodingKeys: String, CodingKey { case id, version }
}
