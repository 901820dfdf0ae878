import FaultPoints
import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Takes deployments in: from a delta, from a set, from a plan, or as it is. All it does is one transaction; the engine does the rest.
struct DeploymentIntake: Sendable {
    let database: PostgresPool
    /// How many may wait in one environment.
    var queueLength = 20
    /// How long a deployment may take that says nothing else.
    var timeoutSeconds = 86_400

    /// What the new set is made from.
    enum Source: Sendable {
        /// A delta made for the environment's base, kept under a name and applied to it.
        case made(@Sendable (_ base: DeploymentSet) throws -> DeltaContent, name: String?)
        case storedDelta(String)
        case set(String)
        /// A plan that still holds.
        case plan(String)
        /// The base as it is.
        case base
    }

    struct Request: Sendable {
        /// Of the deployment; one that is there already is answered again.
        var id: String
        var context: EnvironmentContext
        var source: Source
        /// Nil: the plan's, where there is one.
        var comment: String?
        var mode: DeploymentMode?
        var principal: Principal
        /// How long it may take from its start; nil: as configured.
        var timeoutSeconds: Int?
        /// The version of the shared values; nil: the newest.
        var valueSetVersionID: String?
        /// It is not to wait for others: where it would have to, it is refused.
        var isImpatient = false
    }

    func submit(_ request: Request, _ transaction: PostgresTransaction) async throws -> Deployment {
        let context = request.context
        guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction) else {
            throw HTTPFailure.notFound("environment", context.envID)
        }
        let known = try await DeploymentStore.deployment(request.id, appID: context.appID, envID: context.envID, transaction)
        if let known { return known }
        guard environment.status == .active else {
            throw HTTPFailure.conflict("the environment '\(context.envID)' is being deleted")
        }
        try await refuseWaiting(request, transaction)
        let base = try await EnvironmentBase.read(environment, context, transaction)
        let made = try await newContent(request, base: base.set, transaction)
        let setID = made.set.contentID
        try await SetStore.keep(made.set, id: setID, appID: context.appID, transaction)
        let now = Timestamp(milliseconds: 0)  // The database's clock counts; the row's default fills it in.
        var deployment = Deployment(
            id: request.id, envID: context.envID, setID: setID, deltaID: made.deltaID, fromID: base.deployID ?? "",
            comment: request.comment ?? made.plan?.summary.comment ?? "", createdAt: now, createdBy: request.principal.id,
            status: .pending, statusChangedAt: now, mode: request.mode ?? made.plan?.summary.mode ?? .incremental)
        deployment.valueSetVersionID = try await EnvironmentValues.pin(
            request.valueSetVersionID ?? made.plan?.summary.valueSetVersionID, context, transaction)
        try await RunQueue.submit(
            deployment, kind: .deploy, orgID: context.orgID, appID: context.appID,
            timeoutSeconds: request.timeoutSeconds ?? timeoutSeconds, transaction)
        if let plan = made.plan {
            try await DeploymentStore.expect(plan.plan, of: deployment.id, transaction)
            try await PlanStore.setDeployment(deployment.id, of: plan.summary.id, context, transaction)
        }
        try await EnvironmentStore.setLastDeploy(deployment.id, context.envID, appID: context.appID, transaction)
        guard
            let stored = try await DeploymentStore.deployment(
                deployment.id, appID: context.appID, envID: context.envID, transaction)
        else { throw HTTPFailure.notFound("deployment", deployment.id) }
        return stored
    }

    /// - Throws: 409 `environment_busy` for who does not want to wait, `queue_full` where too many do.
    private func refuseWaiting(_ request: Request, _ transaction: PostgresTransaction) async throws {
        let context = request.context
        let queue = try await DeploymentStore.queue(appID: context.appID, envID: context.envID, transaction)
        if request.isImpatient, let running = queue.running ?? queue.next {
            throw HTTPFailure(
                .conflict,
                ErrorBody(
                    error: "environment_busy", message: "'\(running)' is in progress in the environment '\(context.envID)'",
                    details: ["deployment_id": .string(running)]))
        }
        let waiting = try await DeploymentStore.waiting(appID: context.appID, envID: context.envID, transaction)
        guard waiting < queueLength else {
            throw HTTPFailure(
                .conflict,
                ErrorBody(
                    error: "queue_full",
                    message:
                        "\(waiting) deployments wait in the environment '\(context.envID)' already: wait for their end, or cancel "
                        + "some with 'martlet cancel deployment'",
                    details: ["waiting": .int(Int64(waiting)), "deployment_id": .string(queue.running ?? queue.next ?? "")]))
        }
    }

    /// What is deployed, and where it comes from.
    private struct NewContent {
        var set: DeploymentSet
        var deltaID: String?
        var plan: SavedPlan?
    }

    private func newContent(
        _ request: Request, base: DeploymentSet, _ transaction: PostgresTransaction
    ) async throws -> NewContent {
        let appID = request.context.appID
        switch request.source {
        case .base: return NewContent(set: base)
        case .set(let id): return NewContent(set: try await SetStore.require(id, appID: appID, transaction))
        case .storedDelta(let id):
            let delta = try await SetStore.requireDelta(id, appID: appID, transaction)
            return NewContent(set: try Self.apply(delta.content, to: base), deltaID: id)
        case .made(let make, let name):
            let content = try make(base)
            let id = try await keep(content, name, request, transaction)
            return NewContent(set: try Self.apply(content, to: base), deltaID: id)
        case .plan(let id):
            let desk = PlanDesk(), plan = try await desk.require(id, request.context, transaction)
            guard request.valueSetVersionID == nil else {
                throw HTTPFailure.invalid("value_set_version_id: a plan has its own; leave it out, or plan with it")
            }
            if let mode = request.mode, mode != plan.summary.mode {
                throw HTTPFailure.invalid(
                    "mode: the plan '\(id)' is \(plan.summary.mode.rawValue); leave the mode out, or plan with mode '\(mode.rawValue)'"
                )
            }
            try await desk.refuseStale(plan, request.context, transaction)
            guard plan.summary.source == .score || plan.summary.source == .plan else {
                return NewContent(set: plan.set, deltaID: plan.summary.deltaID, plan: plan)
            }
            // The base is the one of the plan, or the plan would be stale.
            let change = DeltaContent.diff(from: base, to: plan.set)
            let deltaID = try await keep(change, request.comment ?? plan.summary.comment, request, transaction)
            return NewContent(set: plan.set, deltaID: deltaID, plan: plan)
        }
    }

    /// - Returns: The new delta's id.
    private func keep(
        _ content: DeltaContent, _ name: String?, _ request: Request, _ transaction: PostgresTransaction
    ) async throws -> String {
        let id = RandomIdentifier.long(), now = Timestamp(milliseconds: 0)
        let metadata = DeltaMetadata(
            createdAt: now, createdBy: request.principal.id, envID: request.context.envID, lastModifiedAt: now, name: name)
        try await SetStore.insert(
            Delta(id: id, metadata: metadata, content: content), appID: request.context.appID, transaction)
        return id
    }

    /// - Throws: 400 with every problem of the delta.
    static func apply(_ delta: DeltaContent, to set: DeploymentSet) throws -> DeploymentSet {
        do throws(DeltaError) { return try delta.applied(to: set) } catch {
            throw HTTPFailure.invalid(error.description, details: HTTPFailure.details(error.problems))
        }
    }
}
