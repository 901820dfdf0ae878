import PlatformModel
import Postgres
import ServiceRuntime

/// How long anything may take in the environments of a type, and how much an organisation may have. All ours.
enum LimitRoutes {
    private static let pattern = "/orgs/{orgId}/env-types/{envTypeId}/limits"

    static func handlers(_ database: PostgresPool, _ organizations: OrganizationDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/limits") { call in try .ok(try await organizations.limits(call.orgID)) },
            RouteHandler("GET", pattern) { call in
                try .ok(try await database.withOrg(call.orgID) { try await picture(call, $0) })
            },
            RouteHandler("PUT", pattern) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        // What is not there is told before what is wrong with the body.
                        _ = try await picture(call, transaction)
                        let limits = try read(call)
                        try await OrganizationStore.setLimits(limits, by: call.principal.id, transaction)
                        return try await picture(call, transaction)
                    })
            },
        ]
    }

    private static func picture(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> LimitsPicture {
        let id = call.parameter("envTypeId")
        guard let set = try await OrganizationStore.limits(ofType: id, transaction) else {
            throw HTTPFailure.notFound("environment type", id)
        }
        return LimitsPicture(stepSeconds: set.limits.step, deploymentSeconds: set.limits.deployment, setBy: set.by)
    }

    /// What is left out, or null, is no limit.
    ///
    /// - Throws: 422 with every field that is wrong.
    private static func read(_ call: RouteCall) throws -> EnvironmentTypeLimits {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        let fields = [
            ("step_seconds", EnvironmentTypeLimits.steps), ("deployment_seconds", EnvironmentTypeLimits.deployments),
        ]
        var problems = Problem.unknownFields(members, known: fields.map(\.0))
        for (name, range) in fields {
            guard let value = members[name], !value.isNull, value.int.map(range.contains) != true else { continue }
            problems.append(
                Problem(
                    code: "API-102", path: name,
                    message: "a number of seconds from \(range.lowerBound) to \(range.upperBound) is needed, or null for no limit"
                ))
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        return EnvironmentTypeLimits(
            type: call.parameter("envTypeId"), step: members["step_seconds"]?.int, deployment: members["deployment_seconds"]?.int)
    }
}

private struct LimitsPicture: Encodable {
    var stepSeconds: Int?
    var deploymentSeconds: Int?
    var setBy: String?

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // No limit is said, and not left out.
        try container.encode(stepSeconds, forKey: .stepSeconds)
        try container.encode(deploymentSeconds, forKey: .deploymentSeconds)
        try container.encodeIfPresent(setBy, forKey: .setBy)
    }

    private enum CodingKeys: String, CodingKey {
        case stepSeconds = "step_seconds"
        case deploymentSeconds = "deployment_seconds"
        case setBy = "set_by"
    }
}
