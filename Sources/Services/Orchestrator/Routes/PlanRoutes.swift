import AccessControl
import Planning
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Plans: made without touching anything, kept for a while, deployed by their id.
enum PlanRoutes {
    private static let base = DeploymentRoutes.base + "/plans"

    static func handlers(_ database: PostgresPool, _ score: ScoreIntake, _ foresight: PlanForesight) -> [RouteHandler] {
        let desk = PlanDesk()
        return [
            RouteHandler("GET", base) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let context = try await context(call, transaction)
                        return try await PlanStore.list(context, transaction).map { PlanPicture($0, context) }
                    })
            },
            RouteHandler("POST", base) { call in
                // Who may not plan learns nothing about the files either: decided before they are read.
                try await database.withOrg(call.orgID) { transaction in
                    try call.authorize(envType: try await context(call, transaction).envType)
                }
                let request = try PlanBody.read(call)
                let source = try source(of: request, score)
                let (environment, made, limits) = try await database.withOrg(call.orgID) { transaction in
                    let context = try await context(call, transaction)
                    try call.authorize(envType: context.envType)
                    if request.removing?.isEmpty == false {
                        try call.authorize(.deleteActiveResource, envType: context.envType)
                    }
                    let made = try await desk.make(
                        PlanDesk.Request(
                            id: call.newID(digits: 16), context: context, source: source, mode: request.mode,
                            removing: request.removing, comment: request.comment, valueSetVersionID: request.valueSetVersionID,
                            principal: call.principal),
                        transaction)
                    return (context, made, try await ComputeAdmission.outlook(of: made.plan.set, context, transaction))
                }
                // No transaction is open while drivers look.
                return try .created(
                    PlanPicture(try await foresight.completed(made, environment), moves: [], limits: limits, environment))
            },
            RouteHandler("GET", base + "/{planId}") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let context = try await context(call, transaction)
                        let plan = try await desk.require(call.parameter("planId"), context, transaction)
                        return PlanPicture(
                            plan, moves: try await desk.moves(of: plan, context, transaction),
                            limits: try await ComputeAdmission.outlook(of: plan.set, context, transaction), context)
                    })
            },
        ]
    }

    private static func context(
        _ call: RouteCall, _ transaction: PostgresTransaction
    ) async throws -> EnvironmentContext {
        EnvironmentRoutes.context(call, try await EnvironmentRoutes.require(call, transaction).type)
    }

    private static func source(of request: PlanRequest, _ score: ScoreIntake) throws -> PlanDesk.Source {
        if let files = request.files {
            let workloads = try score.read(ScoreDeployRequest(files: files))
            return .score { try score.delta(of: workloads, onto: $0) }
        }
        if let id = request.deltaID { return .delta(id) }
        if let id = request.setID { return .set(id) }
        if let id = request.planID { return .plan(id) }
        return .base
    }
}
