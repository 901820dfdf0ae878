import AccessControl
import PlatformModel
import Postgres
import ServiceRuntime

/// Applications.
enum ApplicationRoutes {
    static func handlers(
        _ database: PostgresPool, _ deletion: DeletionDesk, _ control: RunControl
    ) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/apps") { call in
                let all = try await database.withOrg(call.orgID) { try await ApplicationStore.list(orgID: call.orgID, $0) }
                let visible = all.filter { application in
                    decide(call.principal, .viewApplication, on: AccessTarget(orgID: call.orgID, appID: application.id)).isAllowed
                }
                return try .ok(visible)
            },
            RouteHandler("POST", "/orgs/{orgId}/apps") { call in
                let application = try await create(call, try call.decode(ApplicationRequest.self), database)
                return try .created(application)
            },
            RouteHandler("GET", "/orgs/{orgId}/apps/{appId}") { call in
                guard let found = try await ApplicationStore.application(call.appID, orgID: call.orgID, database) else {
                    throw HTTPFailure.notFound("application", call.appID)
                }
                return try .ok(found)
            },
            RouteHandler("DELETE", "/orgs/{orgId}/apps/{appId}") { call in
                let (done, environments) = try await database.withOrg(call.orgID) { transaction in
                    let application = try await require(call, transaction)
                    // The owner of an application deletes only where they may deploy (humanitec.md 5.1).
                    for environment in application.envs {
                        try call.authorize(.deleteEnvironment, envType: environment.type)
                    }
                    let done = try await deletion.deleteApplication(
                        application, force: call.flag("force"), by: call.principal, transaction)
                    if !done { RouteAnswer.willBe(202) }
                    return (done, application.envs.map(\.id))
                }
                if !done { try await deletion.stopRunning(environments, call, control) }
                return done ? .noContent : .accepted
            },
        ]
    }

    private static func create(
        _ call: RouteCall, _ request: ApplicationRequest, _ database: PostgresPool
    ) async throws -> Application {
        try OrganizationRoutes.requireIdentifier(request.id, .application, of: "application")
        return try await database.withOrg(call.orgID) { transaction in
            guard
                try await ApplicationStore.insert(
                    id: request.id, name: request.name, createdBy: call.principal.id, transaction)
            else { throw HTTPFailure.conflict("the application '\(request.id)' exists already") }
            var added: [OrganizationLimit] = [.applications]
            if !(request.skipEnvironmentCreation ?? false) {
                let first = request.env ?? .init(id: "development", name: "Development", type: "development")
                try OrganizationRoutes.requireIdentifier(first.id, .application, of: "environment")
                let type = first.type ?? "development"
                guard try await OrganizationStore.environmentType(type, transaction) != nil else {
                    throw HTTPFailure.invalid("env.type: there is no environment type '\(type)'")
                }
                _ = try await EnvironmentStore.insert(
                    EnvironmentSummary(id: first.id, name: first.name ?? first.id, type: type), appID: request.id,
                    fromDeployID: nil, createdBy: call.principal.id, transaction)
                added.append(.environments)
            }
            try await CountedLimits.check(added, orgID: call.orgID, transaction)
            guard let made = try await ApplicationStore.application(request.id, orgID: call.orgID, transaction) else {
                throw HTTPFailure.notFound("application", request.id)
            }
            return made
        }
    }

    private static func require(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Application {
        guard let application = try await ApplicationStore.application(call.appID, orgID: call.orgID, transaction) else {
            throw HTTPFailure.notFound("application", call.appID)
        }
        return application
    }
}

private struct ApplicationRequest: Decodable {
    struct FirstEnvironment: Decodable {
        var id: String
        var name: String?
        var type: String?
    }

    var id: String
    var name: String
    var env: FirstEnvironment?
    var skipEnvironmentCreation: Bool?

    private enum CodingKeys: String, CodingKey {
        case id, name, env
        case skipEnvironmentCreation = "skip_environment_creation"
    }
}
