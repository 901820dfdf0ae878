import FaultPoints
import Planning
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Deployments: started from deltas, sets and Score files, and looked at.
enum DeploymentRoutes {
    static let base = "/orgs/{orgId}/apps/{appId}/envs/{envId}"

    static func handlers(_ database: PostgresPool, _ intake: DeploymentIntake, _ score: ScoreIntake) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/deploys") { call in
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        _ = try await EnvironmentRoutes.require(call, transaction)
                        return try await DeploymentStore.list(appID: call.appID, envID: call.envID, transaction)
                    })
            },
            RouteHandler("POST", base + "/deploys") { call in
                let request = try call.decode(DeploymentRequest.self)
                let deployment = try await submit(
                    try request.source(), comment: request.comment, mode: request.mode, values: request.valueSetVersionID, call,
                    database, intake)
                try await OrchestratorFaults.afterAccept.reach()
                return try .created(deployment)
            },
            RouteHandler("POST", base + "/score-deploys") { call in
                // Who may not deploy learns nothing about the files either: decided before they are read.
                try await database.withOrg(call.orgID) { transaction in
                    let environment = try await EnvironmentRoutes.require(call, transaction)
                    try call.authorize(envType: environment.type)
                }
                let request = try ScoreDeployBody.read(call)
                let workloads = try score.read(request)
                let deployment = try await submit(
                    .made({ try score.delta(of: workloads, onto: $0) }, name: request.comment), comment: request.comment,
                    mode: request.mode, call, database, intake)
                try await OrchestratorFaults.afterAccept.reach()
                return try .accepted(deployment)
            },
            RouteHandler("GET", base + "/deploys/{deployId}") { call in
                return try .ok(try await database.withOrg(call.orgID) { try await require(call, $0) })
            },
            RouteHandler("GET", base + "/deploys/{deployId}/errors") { call in
                return try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        let deployment = try await require(call, transaction)
                        return try await DeploymentStore.errors(of: deployment.id, transaction)
                    })
            },
        ] + pictures(database)
    }

    /// What the contract does not have: why, and how it hangs together.
    private static func pictures(_ database: PostgresPool) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/deploys/{deployId}/explain") { call in
                let plan = try await plan(call, database)
                return try .ok(plan.nodes.compactMap(\.node.explanation))
            },
            RouteHandler("GET", base + "/deploys/{deployId}/graph") { call in
                return try .ok(GraphPicture(plan: try await plan(call, database)))
            },
        ]
    }

    private static func submit(
        _ source: DeploymentIntake.Source, comment: String?, mode: DeploymentMode?, values: String? = nil, _ call: RouteCall,
        _ database: PostgresPool, _ intake: DeploymentIntake
    ) async throws -> Deployment {
        try await database.withOrg(call.orgID) { transaction in
            let environment = try await EnvironmentRoutes.require(call, transaction)
            try call.authorize(envType: environment.type)
            return try await intake.submit(
                DeploymentIntake.Request(
                    id: call.newID(digits: 16), context: EnvironmentRoutes.context(call, environment.type), source: source,
                    comment: comment, mode: mode, principal: call.principal, timeoutSeconds: try timeout(call),
                    valueSetVersionID: values, isImpatient: call.query["queue"] == "false"),
                transaction)
        }
    }

    /// `timeout=600`: how long the deployment may take.
    static func timeout(_ call: RouteCall) throws -> Int? {
        guard let text = call.query["timeout"] else { return nil }
        guard let seconds = Int(text), (1...604_800).contains(seconds) else {
            throw HTTPFailure.invalid("timeout: a number of seconds from 1 to 604800, not '\(text.prefix(40))'")
        }
        return seconds
    }

    static func require(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Deployment {
        let id = call.parameter("deployId")
        guard
            let deployment = try await DeploymentStore.deployment(id, appID: call.appID, envID: call.envID, transaction)
        else { throw HTTPFailure.notFound("deployment", id) }
        return deployment
    }

    private static func plan(_ call: RouteCall, _ database: PostgresPool) async throws -> DeploymentPlan {
        try await database.withOrg(call.orgID) { transaction in
            let deployment = try await require(call, transaction)
            guard let plan = try await DeploymentStore.plan(of: deployment.id, transaction) else {
                throw HTTPFailure.conflict(
                    "the deployment '\(deployment.id)' has no plan: it waits, or failed before its resources were matched; "
                        + "see its errors")
            }
            return try DeploymentPlan(stored: plan)
        }
    }
}

/// Contract: DeploymentRequest. A `set_id` beside a `delta_id` is ignored (humanitec.md section 4). `plan_id` is ours.
private struct DeploymentRequest: Decodable {
    var comment: String?
    var deltaID: String?
    var setID: String?
    var planID: String?
    var valueSetVersionID: String?
    var mode: DeploymentMode?

    /// - Throws: 400 for a plan beside something else to deploy.
    func source() throws -> DeploymentIntake.Source {
        if let planID {
            guard deltaID == nil, setID == nil else {
                throw HTTPFailure.invalid("plan_id: a plan says what is deployed; leave out delta_id and set_id")
            }
            return .plan(planID)
        }
        if let deltaID { return .storedDelta(deltaID) }
        if let setID { return .set(setID) }
        return .base
    }

    private enum CodingKeys: String, CodingKey {
        case comment, mode
        case deltaID = "delta_id"
        case setID = "set_id"
        case planID = "plan_id"
        case valueSetVersionID = "value_set_version_id"
    }
}

/// A deployment's resources and what depends on what.
private struct GraphPicture: Encodable {
    var id: String
    var nodes: [PlannedNodePicture]
    /// What stands and is no part of the graph: the workloads that go, and what nothing asks for any more.
    var removals: [PlannedRemovalPicture]

    init(plan: DeploymentPlan) {
        id = plan.graphID
        nodes = plan.nodes.map { PlannedNodePicture($0) }
        removals = PlannedRemovalPicture.all(of: plan)
    }
}
