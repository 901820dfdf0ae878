import DeployTargets
import FaultPoints
import PlatformModel
import Postgres
import ServiceAPI

/// Brings workloads to this host's deploy target, and takes them away.
struct WorkloadActions: Sendable {
    let target: any DeployTarget
    let shelf: SecretShelf
    let database: PostgresPool
    let masks: WorkloadMasks
    let host: String

    func perform(
        _ key: ActionKey, _ work: WorkloadWork, _ request: ActionRequest, _ listener: ResourceActions.Listener
    ) async throws -> ActionReply {
        let workload = WorkloadKey(environment: request.environment, workload: work.workloadID)
        switch key.verb {
        case .deploy:
            try await deploy(key, workload, work, request, listener)
        case .remove:
            try await listener.renew()
            try await RunnerFaults.beforeEffect.reach()
            try await target.remove(workload)
            masks.forget(workload)
            try await RunnerFaults.afterEffect.reach()
            try await database.withOrg(request.environment.orgID) { transaction in
                try await WorkloadStore.forget(workload, host: host, transaction)
            }
        case .provision, .destroy:
            throw ErrorBody(error: "RUN-001", message: "the verb \(key.verb.rawValue) is not for workloads")
        }
        return ActionReply(state: .succeeded, outputs: ActionOutputs())
    }

    func removeEnvironment(
        _ environment: EnvironmentContext, _ listener: ResourceActions.Listener
    ) async throws -> ActionReply {
        try await listener.renew()
        try await RunnerFaults.beforeEffect.reach()
        try await target.removeEnvironment(environment)
        try await RunnerFaults.afterEffect.reach()
        masks.forget(environment)
        try await database.withOrg(environment.orgID) { transaction in
            try await WorkloadStore.forgetEnvironment(environment, host: host, transaction)
        }
        return ActionReply(state: .succeeded, outputs: ActionOutputs())
    }

    private func deploy(
        _ key: ActionKey, _ workload: WorkloadKey, _ work: WorkloadWork, _ request: ActionRequest,
        _ listener: ResourceActions.Listener
    ) async throws {
        try await learnStanding(workload)
        let record = WorkloadStore.Record(
            key: workload, grant: WorkloadStore.Record.grant(node: key.node),
            revision: try Self.revision(work.objects, work.slots),
            mark: key.description, objects: work.objects, slots: work.slots)
        var bundle = try await bundle(record, grant: request.grant, timeout: .seconds(work.timeoutSeconds)) { secrets in
            listener.learn(secrets)
            masks.learn(secrets, of: workload)
        }
        bundle.success = work.success.flatMap(DeployCondition.Success.init(rawValue:)) ?? .available
        try await listener.renew()
        try await RunnerFaults.beforeEffect.reach()
        let status = try await target.apply(bundle, progress: listener.progress)
        try await RunnerFaults.afterEffect.reach()
        try await database.withOrg(workload.environment.orgID) { transaction in
            try await WorkloadStore.keep(record, host: host, transaction)
        }
        // Unless only this deployment's replicas are left, older ones may print what they were given.
        if status.replicas.allSatisfy({ $0.revision == record.revision }) { masks.close(workload) }
        listener.progress("\(status.ready) of \(status.wanted) replicas ready")
    }

    /// The bundle of a workload that runs here, its secrets read anew by its standing grant; nil when it is not on record.
    func refresh(_ workload: WorkloadKey) async throws -> WorkloadBundle? {
        let record = try await database.withOrg(workload.environment.orgID) { try await WorkloadStore.record(workload, $0) }
        guard let record else { return nil }
        return try await bundle(record, grant: record.grant, timeout: .seconds(300)) { masks.learn($0, of: workload) }
    }

    /// The secrets of what runs here already, before anything newer is learned: its replicas go on printing them. When they cannot be
    /// read, what is printed stays withheld until the newer replicas have replaced them.
    private func learnStanding(_ workload: WorkloadKey) async throws {
        if masks.mask(of: workload) != nil { return }
        let isOnRecord = try await database.withOrg(workload.environment.orgID) {
            try await WorkloadStore.record(workload, $0) != nil
        }
        if isOnRecord { guard (try? await refresh(workload)) != nil else { return } }
        masks.close(workload)
    }

    /// The mask over what a workload prints; nil when its secrets cannot be known: it is not on record, its standing grant has ended,
    /// or a deployment was lost in the act and nobody has taken it up yet.
    ///
    /// - Throws: a `RoomError` or `PostgresError` that passes: ask again.
    func mask(of workload: WorkloadKey) async throws -> SecretMask? {
        if let mask = masks.mask(of: workload) { return mask }
        let isUnsettled = try await database.withOrg(workload.environment.orgID) { transaction in
            guard let record = try await WorkloadStore.record(workload, transaction) else { return true }
            return try await WorkloadStore.isBeingDeployed(node: record.node, transaction)
        }
        if isUnsettled { return nil }
        do {
            guard try await refresh(workload) != nil else { return nil }
        } catch let error as RoomError where !error.isTransient {
            return nil
        } catch is ErrorBody {
            return nil
        }
        masks.close(workload)
        return masks.mask(of: workload)
    }

    /// The bundle of a workload with its secrets; lives for one call.
    private func bundle(
        _ record: WorkloadStore.Record, grant: String, timeout: Duration, _ learn: ([String]) -> Void
    ) async throws -> WorkloadBundle {
        let filled = try await shelf.fill(.array(record.objects), record.slots, grant: grant, orgID: record.key.environment.orgID)
        learn(filled.secrets)
        return WorkloadBundle(
            key: record.key, revision: record.revision, mark: record.mark, objects: filled.document.array ?? [],
            timeout: timeout)
    }

    /// The hash of what is not secret: objects, and which version of which secret stands where.
    static func revision(_ objects: [JSON], _ slots: [SecretSlot]) throws -> String {
        String(SHA256.hex(JSON.array([.array(objects), try JSON(encoding: slots)]).canonical).prefix(32))
    }
}
