import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// `POST /v1/environments/end`: an environment's resources are destroyed, and what is kept for those that were detached is forgotten; so
/// is its host, which until now had to do all that is local of it. 204; again, too.
struct EnvironmentRoutes {
    let database: PostgresPool

    func add(to router: RoomRouter) {
        router.group(callers: ["orchestrator"], bodyLimit: 1 << 16).post("/v1/environments/end") { request, context in
            let environment = try await context.decode(EnvironmentContext.self, from: request)
            do {
                try await database.withOrg(environment.orgID) { transaction in
                    try await TerraformStateStore.forget(environment, transaction)
                    try await EnvironmentHostStore.forget(environment, transaction)
                }
            } catch let error as PostgresError where error.isPassing {
                throw HTTPFailure.unavailable("the database does not answer at the moment; ask again")
            }
            return Response.empty()
        }
        // An organisation that is deleted.
        router.group("/v1/orgs", callers: ["orchestrator"]).delete("{orgId}") { _, context in
            do {
                try await database.withOrg(try context.parameter("orgId")) { try await $0.forgetTenant(schema: "runner") }
            } catch let error as PostgresError where error.isPassing {
                throw HTTPFailure.unavailable("the database does not answer at the moment; ask again")
            }
            return Response.empty()
        }
    }
}
