import Execution
import PlatformModel
import Postgres
import ServiceRuntime

/// People's word in a run: stop it, try a step once more, say how an unknown step ended.
///
/// Everything here happens under the run's lock, and where it starts or ends a run under its environment's; whoever has to take both
/// takes the run's first when it is in progress, the environment's when it is not, as the queue itself does.
struct RunControl: Sendable {
    let database: PostgresPool
    let end: RunEnd

    /// Who asks, for what; read and decided in the transaction of the action.
    typealias Admission = @Sendable (PostgresTransaction) async throws -> EnvironmentContext

    /// A deployment that changes its state between two looks is looked at again, this often.
    private static let looks = 5

    /// Stops a run: one that waits ends at once; of one in progress what waits is skipped, what runs is told to stop.
    ///
    /// - Throws: 409 for one that has ended.
    func cancel(
        _ id: String, _ kind: DeploymentStore.Run.Kind = .deploy, orgID: String, by principal: Principal,
        _ admit: @escaping Admission
    ) async throws -> Deployment {
        try await lookingAgain(orgID, id, kind) { transaction, context, deployment in
            let isStopped: Bool
            switch deployment.status {
            case .pending: isStopped = try await cancelWaiting(id, context, by: principal, transaction)
            case .inProgress: isStopped = try await Self.stop(id, by: principal.name, orgID: orgID, end, transaction)
            case .succeeded, .failed:
                throw HTTPFailure.conflict("the \(kind.word) '\(id)' has ended already: it \(deployment.status.rawValue)")
            }
            if isStopped {
                try await InterventionStore.add(
                    .cancel, ["\(kind.word) \(id)"], reason: "", runID: id, by: principal.id, appID: context.appID,
                    envID: context.envID, transaction)
            }
            return isStopped
        } _: {
            try await admit($0)
        }
    }

    /// A run's time is over.
    func stopOverdue(_ id: String, orgID: String) async throws {
        _ = try await database.withOrg(orgID) { [end] transaction in
            try await Self.stop(id, by: nil, orgID: orgID, end, transaction)
        }
    }

    /// Runs `body` until it was met with the state that it saw: false, and it is looked at again.
    func lookingAgain(
        _ orgID: String, _ id: String, _ kind: DeploymentStore.Run.Kind = .deploy,
        _ body: @escaping @Sendable (PostgresTransaction, EnvironmentContext, Deployment) async throws -> Bool,
        _ admit: @escaping Admission
    ) async throws -> Deployment {
        for _ in 0..<Self.looks {
            let done = try await database.withOrg(orgID) { transaction -> Deployment? in
                let context = try await admit(transaction)
                let find = { () async throws -> Deployment in
                    guard let run = try await DeploymentStore.run(id, transaction), run.kind == kind, run.appID == context.appID,
                        run.deployment.envID == context.envID
                    else { throw HTTPFailure.notFound(kind.word, id) }
                    return run.deployment
                }
                guard try await body(transaction, context, try await find()) else { return nil }
                return try await find()
            }
            if let done { return done }
        }
        throw HTTPFailure.unavailable("the \(kind.word) '\(id)' changes its state all the time; ask again")
    }

    // MARK: Stop

    private func cancelWaiting(
        _ id: String, _ context: EnvironmentContext, by principal: Principal, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        // An application's row comes before those of its environments, as where both are deleted.
        if try await DeploymentStore.run(id, transaction)?.isOfEnvironment == true {
            try await ApplicationStore.lock(context.appID, transaction)
        }
        guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction),
            let run = try await DeploymentStore.run(id, transaction), run.deployment.status == .pending
        else { return false }
        let stop = RunStop(by: principal.name)
        var error = stop.error(context.envID, kind: run.kind)
        let built = try await DeploymentStore.built(on: id, context, transaction)
        error.message = "\(stop.reason) while it waited for its turn: nothing was done"
        if !built.isEmpty {
            error.message +=
                "; what it was to change is also in \(built.joined(separator: ", ")), made on top of it: cancel what is not wanted either"
        }
        try await Self.endWaiting(id, error, orgID: context.orgID, by: principal, transaction)
        if run.kind == .destroy {
            var cancelled = run
            cancelled.stop = stop
            try await CancelledDeletion.restore(cancelled, stop, transaction)
        }
        try await RunQueue.tellPlaces(appID: context.appID, envID: context.envID, transaction)
        // The next deployment builds on what this one would have built on.
        if environment.fromDeployID == id {
            let base = run.deployment.fromID
            try await EnvironmentStore.rebase(
                context.envID, appID: context.appID, onto: base.isEmpty ? nil : base, transaction)
        }
        return true
    }

    /// Ends a run that waits for its turn, under the lock of its environment. A rollout that waits for it hears of it.
    static func endWaiting(
        _ id: String, _ error: DeploymentError, orgID: String, by principal: Principal, _ transaction: PostgresTransaction
    ) async throws {
        try await RunControlStore.stop(id, by: principal.name, transaction)
        try await DeploymentStore.insert([error], of: id, transaction)
        try await DeploymentStore.setStatus(.failed, id, transaction)
        try await EventStore.append(
            id, status: DeploymentStatus.failed.rawValue, message: "\(error.code) \(error.message)", transaction)
        try await RolloutQueueStore.tellEnd(of: id, orgID: orgID, transaction)
    }

    /// False when the run is not in progress. One that is being stopped already stays as it is.
    private static func stop(
        _ id: String, by name: String?, orgID: String, _ end: RunEnd, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard var run = try await DeploymentStore.lock(id, transaction), run.deployment.status == .inProgress else {
            return false
        }
        guard run.stop == nil else { return true }
        let stop = RunStop(by: name, limit: run.limit), error = stop.error(run.deployment.envID, kind: run.kind)
        run.stop = stop
        try await RunControlStore.stop(id, by: name, transaction)
        try await DeploymentStore.insert([error], of: id, transaction)
        try await EventStore.append(id, status: "stopping", message: "\(error.code) \(stop.reason)", transaction)
        let unclaimed = try await RunControlStore.unclaimed(id, orgID: orgID, transaction)
        let steps = try await StepStore.steps(of: id, transaction)
        var machine = try RunMachine(steps.map { RunStep(id: $0.id, dependsOn: $0.dependsOn, state: $0.state) })
        var actions = try machine.apply(.stopped)
        for step in steps where step.state == .ready && unclaimed.contains(step.id) {
            actions += try machine.apply(.withdrawn(step.id))
        }
        try await RunActions(run: run, orgID: orgID, steps: steps, end: end).perform(actions, transaction)
        return true
    }
}

extension DeploymentStore.Run {
    /// The destruction of a whole environment.
    var isOfEnvironment: Bool { kind == .destroy && (try? scope?.decode(DestructionScope.self)) == .environment }
}

extension DeploymentStore.Run.Kind {
    /// What people call one.
    var word: String {
        switch self {
        case .deploy: "deployment"
        case .destroy: "deletion"
        }
    }
}
