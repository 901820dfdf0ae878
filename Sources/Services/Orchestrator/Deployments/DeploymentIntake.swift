import FaultPoints
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Takes deployments in: from a delta, from a set, or as it is. All it does is one transaction; the engine does the rest.
struct DeploymentIntake: Sendable {
    let database: PostgresPool

    /// What the new set is made from.
    enum Source: Sendable {
        /// A delta made for the environment's base, kept under a name and applied to it.
        case made(@Sendable (_ base: DeploymentSet) throws -> DeltaContent, name: String?)
        case storedDelta(String)
        case set(String)
        /// The base as it is.
        case base
    }

    struct Request: Sendable {
        /// Of the deployment; one that is there already is answered again.
        var id: String
        var context: EnvironmentContext
        var source: Source
        var comment: String
        var mode: DeploymentMode
        var principal: Principal
    }

    func submit(_ request: Request, _ transaction: PostgresTransaction) async throws -> Deployment {
        let context = request.context
        guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction) else {
            throw HTTPFailure.notFound("environment", context.envID)
        }
        let made = try await DeploymentStore.deployment(request.id, appID: context.appID, envID: context.envID, transaction)
        if let made { return made }
        guard environment.status == .active else {
            throw HTTPFailure.conflict("the environment '\(context.envID)' is being deleted")
        }
        let base = try await base(of: environment, context, transaction)
        let (set, deltaID) = try await newSet(request, base: base.set, transaction)
        let setID = set.contentID
        try await SetStore.keep(set, id: setID, appID: context.appID, transaction)
        let now = Timestamp(milliseconds: 0)  // The database's clock counts; the row's default fills it in.
        let deployment = Deployment(
            id: request.id, envID: context.envID, setID: setID, deltaID: deltaID, fromID: base.deployID ?? "",
            comment: request.comment, createdAt: now, createdBy: request.principal.id, status: .pending, statusChangedAt: now,
            mode: request.mode)
        try await RunQueue.submit(
            deployment, kind: .deploy, orgID: context.orgID, appID: context.appID, transaction)
        try await EnvironmentStore.setLastDeploy(deployment.id, context.envID, appID: context.appID, transaction)
        guard
            let stored = try await DeploymentStore.deployment(
                deployment.id, appID: context.appID, envID: context.envID, transaction)
        else { throw HTTPFailure.notFound("deployment", deployment.id) }
        return stored
    }

    private func base(
        of environment: EnvironmentStore.Record, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> (set: DeploymentSet, deployID: String?) {
        guard let id = environment.fromDeployID,
            let deployment = try await DeploymentStore.deployment(id, ofApp: context.appID, transaction),
            let set = try await SetStore.content(deployment.setID, appID: context.appID, transaction)
        else { return (DeploymentSet(), nil) }
        return (set, id)
    }

    private func newSet(
        _ request: Request, base: DeploymentSet, _ transaction: PostgresTransaction
    ) async throws -> (DeploymentSet, deltaID: String?) {
        let appID = request.context.appID
        switch request.source {
        case .base:
            return (base, nil)
        case .set(let id):
            // The empty set has no row: every environment begins with it.
            if id == DeploymentSet().contentID || id == "0" { return (DeploymentSet(), nil) }
            guard let set = try await SetStore.content(id, appID: appID, transaction) else {
                throw HTTPFailure.notFound("set", id)
            }
            return (set, nil)
        case .storedDelta(let id):
            guard let delta = try await SetStore.delta(id, appID: appID, transaction) else {
                throw HTTPFailure.notFound("delta", id)
            }
            return (try Self.apply(delta.content, to: base), id)
        case .made(let make, let name):
            let content = try make(base)
            let id = RandomIdentifier.long()
            let now = Timestamp(milliseconds: 0)
            let metadata = DeltaMetadata(
                createdAt: now, createdBy: request.principal.id, envID: request.context.envID, lastModifiedAt: now,
                name: name)
            try await SetStore.insert(Delta(id: id, metadata: metadata, content: content), appID: appID, transaction)
            return (try Self.apply(content, to: base), id)
        }
    }

    /// - Throws: 400 with every problem of the delta.
    static func apply(_ delta: DeltaContent, to set: DeploymentSet) throws -> DeploymentSet {
        do throws(DeltaError) { return try delta.applied(to: set) } catch {
            throw HTTPFailure.invalid(error.description, details: HTTPFailure.details(error.problems))
        }
    }
}
