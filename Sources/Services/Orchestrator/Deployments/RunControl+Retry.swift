import Execution
import PlatformModel
import Postgres
import ServiceRuntime

/// Going on with a run that did not succeed.
extension RunControl {
    /// What is to be tried once more.
    struct Retry: Sendable {
        /// As the steps are named: `postgres.default#shared.db`, `workload web`, `web`, `plan`. Empty: all that failed.
        var nodes: [String] = []
        /// What people found of those of them whose outcome is unknown.
        var unknown: UnknownFinding?
        /// How long the run may take from now; nil: as long as it might before.
        var timeoutSeconds: Int?
    }

    /// Steps that the record of a retry names.
    private static let recorded = 100

    /// Tries steps once more, each as a new attempt; what was skipped because of them waits again, and the run goes on.
    ///
    /// - Throws: 409 where nothing can be tried, or another deployment came after it; 422 for a node that it does not have.
    func retry(
        _ id: String, _ retry: Retry, orgID: String, by principal: Principal, _ admit: @escaping Admission
    ) async throws -> Deployment {
        try await lookingAgain(orgID, id) { transaction, context, deployment in
            switch deployment.status {
            case .pending: throw HTTPFailure.conflict("the deployment '\(id)' waits for its turn: there is nothing to retry")
            case .succeeded: throw HTTPFailure.conflict("the deployment '\(id)' succeeded: there is nothing to retry")
            case .inProgress: break
            case .failed:
                guard try await isLast(deployment, context, transaction) else { return false }
            }
            guard let run = try await DeploymentStore.lock(id, transaction), run.deployment.status == deployment.status else {
                return false
            }
            if run.stop != nil, deployment.status == .inProgress {
                throw HTTPFailure.conflict("the deployment '\(id)' is being stopped: wait for its end, then retry it")
            }
            try await goOn(run, retry, context, by: principal, transaction)
            return true
        } _: {
            try await admit($0)
        }
    }

    /// Whether the run still is what its environment had last; takes the environment's lock. False when it changed meanwhile.
    private func isLast(
        _ deployment: Deployment, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Bool {
        guard let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction),
            try await DeploymentStore.run(deployment.id, transaction)?.deployment.status == .failed
        else { return false }
        guard environment.status == .active else {
            throw HTTPFailure.conflict("the environment '\(context.envID)' is being deleted")
        }
        let queue = try await DeploymentStore.queue(appID: context.appID, envID: context.envID, transaction)
        if let other = queue.running ?? queue.next {
            throw HTTPFailure.conflict(
                "'\(other)' runs or waits in the environment '\(context.envID)': retry would undo what it does")
        }
        let later = try await DeploymentStore.begun(
            after: deployment.id, appID: context.appID, envID: context.envID, transaction)
        switch later?.kind {
        case .deploy:
            throw HTTPFailure.conflict(
                "the deployment '\(later?.id ?? "")' came after '\(deployment.id)': retry would undo what that did; deploy again instead"
            )
        case .destroy:
            throw HTTPFailure.conflict(
                "the deletion '\(later?.id ?? "")' came after '\(deployment.id)': what that had done may be gone; deploy again instead"
            )
        case nil: break
        }
        return true
    }

    private func goOn(
        _ run: DeploymentStore.Run, _ retry: Retry, _ context: EnvironmentContext, by principal: Principal,
        _ transaction: PostgresTransaction
    ) async throws {
        let id = run.deployment.id
        let steps = try await StepStore.steps(of: id, transaction)
        guard !steps.isEmpty else {
            throw HTTPFailure.conflict(
                "the deployment '\(id)' never began, so nothing of it can be tried again; deploy its set: martlet deploy --set \(run.deployment.setID)"
            )
        }
        var machine = try RunMachine(
            steps.map { RunStep(id: $0.id, dependsOn: $0.dependsOn, state: $0.state) }, isStopped: run.stop != nil)
        let choice = try RetryChoice(retry, steps, machine, deploymentID: id)
        if let seconds = retry.timeoutSeconds { try await RunControlStore.setTimeout(seconds, id, transaction) }
        try await RunControlStore.resume(id, as: principal.id, transaction)
        let record = { (action: InterventionStore.Action, objects: [String], reason: String) in
            try await InterventionStore.add(
                action, objects, reason: reason, runID: id, by: principal.id, appID: context.appID, envID: context.envID,
                transaction)
        }
        try await record(.settle, choice.settled.map(\.object), "found: \(retry.unknown?.rawValue ?? "")")
        var objects = choice.again.map(\.object), actions: [RunMachine.Action] = []
        for step in choice.settled {
            try await settle(step, run, context, transaction)
            objects.append(step.object)
            try await EventStore.append(
                id, object: step.object, status: "succeeded",
                message: "\(principal.name) found that it \(step.removes ? "is gone" : "stands")", transaction)
            actions += try machine.apply(.settled(step.id))
        }
        var again = Set(choice.again.map(\.id))
        // A stopped run goes on as a whole.
        if machine.isStopped { again.formUnion(machine.retryable) }
        actions = actions.filter { if case .finish = $0 { false } else { true } }
        actions += try machine.apply(.retried(again))
        let tried = steps.filter { again.contains($0.id) }.map(\.object)
        let found = retry.unknown.map { "of what was unknown: \($0.rawValue)" } ?? ""
        try await record(.retry, tried.isEmpty ? ["deployment \(id)"] : Array(tried.prefix(Self.recorded)), found)
        try await RunControlStore.forgetErrors(
            id, about: objects, of: Array(again) + choice.settled.map(\.id), transaction)
        try await EventStore.append(
            id, status: DeploymentStatus.inProgress.rawValue, message: "tried again by \(principal.name)", transaction)
        let resumed = try await DeploymentStore.lock(id, transaction) ?? run
        try await RunActions(run: resumed, orgID: context.orgID, steps: steps, end: end).perform(actions, transaction)
    }

    /// People say that a step did what it was for: what is on record says so from now on.
    private func settle(
        _ step: StepStore.Step, _ run: DeploymentStore.Run, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let record = try await ActiveResourceStore.record(guResID: step.node, context, transaction)
        try await RunControlStore.setStates(.succeeded, [step], run.deployment.id, transaction)
        guard var record else { return }
        if step.removes {
            // What a definition made for a workload is destroyed by the step that comes next.
            guard step.verb == "destroy" || record.resource.isPassThroughWorkload else { return }
            return try await ActiveResourceStore.delete(record.resource.identity, context, transaction)
        }
        guard step.verb == "deploy" || record.resource.resource.object?.isEmpty == false else {
            throw HTTPFailure.conflict(
                "\(step.object) never gave its outputs, which the rest needs: remove it by hand and say 'gone', or say 'retry' if its "
                    + "driver can take over what stands")
        }
        // Its digest stays empty: the next deployment brings it to what is asked for.
        record.resource.status = "active"
        try await ActiveResourceStore.upsert(record, transaction)
    }
}

/// Which steps a retry is about.
struct RetryChoice {
    var again: [StepStore.Step] = []
    var settled: [StepStore.Step] = []

    init(_ retry: RunControl.Retry, _ steps: [StepStore.Step], _ machine: RunMachine, deploymentID: String) throws {
        let retryable = machine.retryable
        let unknown = steps.filter { $0.state == .unknown }
        guard !retry.nodes.isEmpty else {
            guard retry.unknown == nil else {
                throw HTTPFailure.problems(
                    "invalid", [Problem(code: "DEP-204", path: "nodes", message: "name the nodes of which 'unknown' is said")])
            }
            again = steps.filter { retryable.contains($0.id) }
            guard again.isEmpty, !machine.isStopped || !unknown.isEmpty else { return }
            throw HTTPFailure.conflict(
                unknown.isEmpty
                    ? "no step of the deployment '\(deploymentID)' failed"
                    : "nobody knows how \(Self.names(unknown)) ended; look at the real system, then name the node and say 'unknown': "
                        + "'stands', 'gone' or 'retry' (DEP-204)")
        }
        var problems: [Problem] = [], seen: Set<String> = []
        for name in retry.nodes {
            let named = steps.filter { $0.object == name || $0.object == "workload \(name)" }
            if named.isEmpty {
                problems.append(
                    Problem(
                        code: "DEP-204", path: "nodes", message: "the deployment has no step for '\(name)'",
                        suggestion: nearestName(to: name, among: steps.map(\.object))))
            } else if let step = named.first(where: { $0.state == .unknown }) {
                // 'web' and 'workload web' are one.
                guard seen.insert(step.id).inserted else { continue }
                switch retry.unknown?.consequence(removes: step.removes) {
                case .settled: settled.append(step)
                case .again: again.append(step)
                case nil:
                    problems.append(
                        Problem(
                            code: "DEP-204", path: "unknown",
                            message:
                                "nobody knows how \(name) ended: look at the real system, then say 'stands', 'gone' or 'retry'"))
                }
            } else if let step = named.first(where: { retryable.contains($0.id) }) {
                again.append(step)
            } else {
                problems.append(Problem(code: "DEP-204", path: "nodes", message: Self.refusal(name, named, machine, steps)))
            }
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
    }

    private static func refusal(
        _ name: String, _ named: [StepStore.Step], _ machine: RunMachine, _ steps: [StepStore.Step]
    ) -> String {
        guard let skipped = named.first(where: { $0.state == .skipped }) else {
            return "'\(name)' did not fail: it is \(named.last?.state.rawValue ?? "not there")"
        }
        let causes = machine.causes(ofSkipped: skipped.id)
        return "'\(name)' was skipped because of \(names(steps.filter { causes.contains($0.id) })): retry that"
    }

    private static func names(_ steps: [StepStore.Step]) -> String { steps.map(\.object).sorted().joined(separator: ", ") }
}
