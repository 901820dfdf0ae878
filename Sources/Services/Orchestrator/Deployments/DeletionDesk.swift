import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// What a destruction run is for; kept in the run's plan.
enum DestructionScope: Sendable, Hashable, Codable {
    /// Workloads, resources (dependents first), network, then the environment itself.
    case environment
    case resource(ResourceIdentity)
    /// What nothing asks for any more, and still does not when its turn comes.
    case collection([ResourceIdentity])
}

/// Deletes applications, environments and resources: at once where nothing stands, else by a run of the engine. With `force` a driver
/// may take data along that it refuses to lose otherwise.
struct DeletionDesk: Sendable {
    /// True when the application is gone; false when runs were started that will remove it.
    func deleteApplication(
        _ application: Application, force: Bool, by principal: Principal, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        try await ApplicationStore.setStatus(.deleting, application.id, transaction)
        var gone = true
        for environment in application.envs {
            let done = try await deleteEnvironment(
                environment.id, appID: application.id, force: force, by: principal, transaction)
            gone = gone && done
        }
        if gone { try await ApplicationStore.delete(application.id, transaction) }
        return gone
    }

    /// True when the environment is gone.
    func deleteEnvironment(
        _ id: String, appID: String, force: Bool, by principal: Principal, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard let environment = try await EnvironmentStore.lock(id, appID: appID, transaction) else { return true }
        let queue = try await DeploymentStore.queue(appID: appID, envID: id, transaction)
        if environment.lastDeployID == nil, queue.running == nil, queue.next == nil {
            try await EnvironmentStore.delete(id, appID: appID, transaction)
            return true
        }
        // Asked again while a destruction waits or runs: that one does it.
        let context = EnvironmentContext(orgID: principal.orgID ?? "", appID: appID, envID: id, envType: environment.type)
        let open = try await DeploymentStore.destructions(context, isOpen: true, limit: 100, transaction)
        if let run = open.first(where: \.isOfEnvironment) {
            guard run.stop == nil else {
                throw HTTPFailure.conflict(
                    "the deletion '\(run.deployment.id)' of the environment '\(id)' is being cancelled: wait for its end, then delete it again"
                )
            }
            return false
        }
        try await EnvironmentStore.setStatus(.deleting, message: nil, id, appID: appID, transaction)
        try await cancelWaiting(id, appID: appID, by: principal, transaction)
        if force {
            try await InterventionStore.add(
                .forceDelete, ["environment \(id)"], reason: "", by: principal.id, appID: appID, envID: id, transaction)
        }
        try await submit(.environment, force: force, envID: id, appID: appID, by: principal, transaction)
        return false
    }

    /// What waits to be deployed there would only be made to be destroyed. Destructions stay in the queue.
    private func cancelWaiting(
        _ envID: String, appID: String, by principal: Principal, _ transaction: PostgresTransaction
    ) async throws {
        for id in try await DeploymentStore.waitingDeployments(appID: appID, envID: envID, transaction) {
            let stop = RunStop(by: principal.name)
            var error = stop.error(envID)
            error.message = "\(stop.reason) while it waited for its turn, since the environment is deleted: nothing was done"
            try await RunControl.endWaiting(id, error, orgID: principal.orgID ?? "", by: principal, transaction)
        }
    }

    /// What is being deployed in environments that are to go begins nothing more, so that their destruction has its turn soon. After the
    /// deletion is on record: what has ended meanwhile has ended.
    func stopRunning(_ envIDs: [String], _ call: RouteCall, _ control: RunControl) async throws {
        for envID in envIDs {
            let running = try await control.database.withOrg(call.orgID) { transaction -> String? in
                guard
                    let id = try await DeploymentStore.queue(appID: call.appID, envID: envID, transaction).running,
                    try await DeploymentStore.run(id, transaction)?.kind == .deploy
                else { return nil }
                return id
            }
            guard let running else { continue }
            do {
                _ = try await control.cancel(running, orgID: call.orgID, by: call.principal) { _ in
                    // Whoever may delete an environment was asked so before.
                    EnvironmentContext(orgID: call.orgID, appID: call.appID, envID: envID, envType: "")
                }
            } catch let failure as HTTPFailure where failure.status == .conflict || failure.status == .notFound {
                continue
            }
        }
    }

    /// True when the resource is gone, or forgotten (`detach`).
    ///
    /// - Parameter name: `type` or `type.class`.
    /// - Throws: 404, or 409 when other resources depend on it.
    func deleteResource(
        named name: String, id: String, detach: Bool, force: Bool, reason: String = "", _ context: EnvironmentContext,
        by principal: Principal,
        _ transaction: PostgresTransaction
    ) async throws -> Bool {
        let records = try await ActiveResourceStore.list(context, transaction)
        let wanted = records.first { record in
            let resource = record.resource
            return resource.resID == id
                && (name == "\(resource.type).\(resource.class)" || (name == resource.type && resource.class == "default"))
        }
        guard let wanted else { throw HTTPFailure.notFound("active resource", "\(name)#\(id)") }
        let identity = wanted.resource.identity
        let dependents = records.filter { $0.dependsOn.contains(identity.description) }.map(\.resource.identity.description)
        guard dependents.isEmpty else {
            throw HTTPFailure.conflict(
                "\(identity) is used by \(dependents.joined(separator: ", ")); deploy without it first, then delete it",
                details: ["dependents": .array(dependents.map(JSON.string))])
        }
        if detach || force {
            try await InterventionStore.add(
                detach ? .detach : .forceDelete, [identity.description], reason: reason, by: principal.id, appID: context.appID,
                envID: context.envID, transaction)
        }
        if detach {
            try await ActiveResourceStore.delete(identity, context, transaction)
            return true
        }
        try await ActiveResourceStore.setStatus("deleting", identity, context, transaction)
        try await submit(
            .resource(identity), force: force, envID: context.envID, appID: context.appID, by: principal, transaction)
        return false
    }

    /// - Parameter id: of the run.
    func submit(
        _ scope: DestructionScope, id: String = RandomIdentifier.short(), force: Bool, envID: String, appID: String,
        by principal: Principal,
        _ transaction: PostgresTransaction
    ) async throws {
        let now = Timestamp(milliseconds: 0)  // The database's clock counts; the row's default fills it in.
        let run = Deployment(
            id: id, envID: envID, setID: "", deltaID: nil, fromID: "", comment: "", createdAt: now,
            createdBy: principal.id, status: .pending, statusChangedAt: now, mode: .full)
        try await RunQueue.submit(
            run, kind: .destroy, plan: ["scope": try JSON(encoding: scope), "force": .bool(force)], orgID: principal.orgID ?? "",
            appID: appID, transaction)
    }
}
