import AccessControl
import PlatformModel
import Postgres
import ServiceRuntime

/// Environments, their base deployment, and the resources that stand in them.
enum EnvironmentRoutes {
    static func handlers(
        _ database: PostgresPool, _ deletion: DeletionDesk, _ control: RunControl
    ) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/envs") { call in
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await requireApplication(call, transaction)
                        return try await EnvironmentStore.list(appID: call.appID, transaction)
                    })
            },
            RouteHandler("POST", "/orgs/{orgId}/apps/{appId}/envs") { call in
                let request = try call.decode(EnvironmentRequest.self)
                try OrganizationRoutes.requireIdentifier(request.id, .application, of: "environment")
                return try .created(
                    try await database.withOrg(call.orgID) { try await create(call, request, $0) })
            },
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}") { call in
                return try .ok(try await database.withOrg(call.orgID) { try await require(call, $0) })
            },
            RouteHandler("DELETE", "/orgs/{orgId}/apps/{appId}/envs/{envId}") { call in
                let done = try await database.withOrg(call.orgID) { transaction in
                    let environment = try await require(call, transaction)
                    try call.authorize(envType: environment.type)
                    let done = try await deletion.deleteEnvironment(
                        environment.id, appID: call.appID, force: call.flag("force"), by: call.principal, transaction)
                    if !done { RouteAnswer.willBe(202) }
                    return done
                }
                if !done { try await deletion.stopRunning([call.envID], call, control) }
                return done ? .noContent : .accepted
            },
            RouteHandler("PUT", "/orgs/{orgId}/apps/{appId}/envs/{envId}/from_deploy_id") { call in
                let deployID = try call.decode(String.self)
                try await database.withOrg(call.orgID) { transaction in
                    let environment = try await require(call, transaction)
                    try call.authorize(envType: environment.type)
                    guard try await DeploymentStore.deployment(deployID, ofApp: call.appID, transaction) != nil else {
                        throw HTTPFailure.notFound("deployment", deployID)
                    }
                    try await EnvironmentStore.rebase(call.envID, appID: call.appID, onto: deployID, transaction)
                }
                return .noContent
            },
        ] + resources(database, deletion)
    }

    private static func resources(_ database: PostgresPool, _ deletion: DeletionDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}/envs/{envId}/resources") { call in
                let records = try await database.withOrg(call.orgID) { transaction in
                    let environment = try await require(call, transaction)
                    return try await ActiveResourceStore.list(context(call, environment.type), transaction)
                }
                return try .ok(
                    records.map(\.resource).filter { !call.flag("scheduled_deletion") || $0.scheduledDeletion })
            },
            RouteHandler("DELETE", "/orgs/{orgId}/apps/{appId}/envs/{envId}/resources/{type}/{resId}") { call in
                let done = try await database.withOrg(call.orgID) { transaction in
                    let environment = try await require(call, transaction)
                    try call.authorize(envType: environment.type)
                    let done = try await deletion.deleteResource(
                        named: call.parameter("type"), id: call.parameter("resId"), detach: call.flag("detach"),
                        force: call.flag("force"), reason: String((call.query["reason"] ?? "").prefix(1000)),
                        context(call, environment.type), by: call.principal, transaction)
                    if !done { RouteAnswer.willBe(202) }
                    return done
                }
                return done ? .noContent : .accepted
            },
        ]
    }

    private static func create(
        _ call: RouteCall, _ request: EnvironmentRequest, _ transaction: PostgresTransaction
    ) async throws -> Environment {
        let application = try await requireApplication(call, transaction)
        let type = request.type ?? "development"
        try call.authorize(envType: type)
        guard application.status == .active else {
            throw HTTPFailure.conflict("the application '\(call.appID)' is being deleted")
        }
        guard try await OrganizationStore.environmentType(type, transaction) != nil else {
            let known = try await OrganizationStore.environmentTypesInOrder(transaction)
            let nearest = nearestName(to: type, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw HTTPFailure.invalid("type: there is no environment type '\(type)'\(nearest)")
        }
        if let base = request.fromDeployID, try await DeploymentStore.deployment(base, ofApp: call.appID, transaction) == nil {
            throw HTTPFailure.notFound("deployment", base)
        }
        let inserted = try await EnvironmentStore.insert(
            EnvironmentSummary(id: request.id, name: request.name, type: type), appID: call.appID,
            fromDeployID: request.fromDeployID, createdBy: call.principal.id, transaction)
        guard inserted, let made = try await EnvironmentStore.environment(request.id, appID: call.appID, transaction) else {
            throw HTTPFailure.conflict("the environment '\(request.id)' exists already")
        }
        try await CountedLimits.check([.environments], orgID: call.orgID, transaction)
        return made
    }

    @discardableResult
    static func requireApplication(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Application {
        guard let application = try await ApplicationStore.application(call.appID, orgID: call.orgID, transaction) else {
            throw HTTPFailure.notFound("application", call.appID)
        }
        return application
    }

    static func require(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Environment {
        guard let environment = try await EnvironmentStore.environment(call.envID, appID: call.appID, transaction) else {
            throw HTTPFailure.notFound("environment", call.envID)
        }
        return environment
    }

    static func context(_ call: RouteCall, _ envType: String) -> EnvironmentContext {
        EnvironmentContext(orgID: call.orgID, appID: call.appID, envID: call.envID, envType: envType)
    }
}

private struct EnvironmentRequest: Decodable {
    var id: String
    var name: String
    var type: String?
    var fromDeployID: String?

    private enum CodingKeys: String, CodingKey {
        case id, name, type
        case fromDeployID = "from_deploy_id"
    }
}
