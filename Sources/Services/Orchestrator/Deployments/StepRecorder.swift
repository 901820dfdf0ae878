import Execution
import PlatformModel
import Postgres

/// Writes what became of a step, and what follows from it, in one transaction: the step, what the caller adds, the steps that are
/// free now, or the end of the run.
struct StepRecorder: Sendable {
    let database: PostgresPool

    enum Ending: Sendable {
        /// With the steps that come next, when a plan ended.
        case succeeded(outputs: JSON?, next: [StepStore.Step])
        case failed(StepFailure)
    }

    /// - Parameter change: what else the end changes (an active resource, a plan); runs only when the claim is still ours.
    /// - Throws: `LostClaim`, and then nothing was written.
    func end(
        _ claim: StepStore.Claim, _ ending: Ending,
        change: @Sendable (PostgresTransaction) async throws -> Void = { _ in }
    ) async throws {
        try await database.withOrg(claim.orgID) { transaction in
            guard let run = try await DeploymentStore.lock(claim.deploymentID, transaction),
                try await StepStore.finish(claim, transaction)
            else { throw LostClaim() }
            try await change(transaction)
            let steps = try await StepStore.steps(of: claim.deploymentID, transaction)
            let id = StepStore.stepID(node: claim.node, verb: claim.verb)
            guard let step = steps.first(where: { $0.id == id }) else { throw LostClaim() }
            let outcome = try await write(ending, of: step, claim, transaction)
            var next: [StepStore.Step] = []
            if case .succeeded(_, let added) = ending { next = added }
            try await StepStore.insert(next, deploymentID: claim.deploymentID, transaction)
            try await follow(steps + next, id, outcome, claim, run, transaction)
        }
    }

    private func write(
        _ ending: Ending, of step: StepStore.Step, _ claim: StepStore.Claim, _ transaction: PostgresTransaction
    ) async throws -> RunMachine.Outcome {
        switch ending {
        case .succeeded(let outputs, _):
            try await StepStore.setState(.succeeded, outputs: outputs, step: step, deploymentID: claim.deploymentID, transaction)
            if step.verb != "plan" {
                try await EventStore.append(
                    claim.deploymentID, object: step.object, status: "succeeded", message: Self.done(step.verb), transaction)
            }
            return .succeeded
        case .failed(let failure):
            let state: StepState = failure.isUnknown ? .unknown : .failed
            try await StepStore.setState(state, outputs: nil, step: step, deploymentID: claim.deploymentID, transaction)
            // Who failed before it was known what the step is about gave its node.
            let errors = failure.errors.map { $0.objectID == claim.node ? $0.about(step.object) : $0 }
            try await DeploymentStore.insert(errors, of: claim.deploymentID, transaction)
            for error in errors {
                try await EventStore.append(
                    claim.deploymentID, object: step.verb == "plan" ? nil : step.object, status: state.rawValue,
                    message: "\(error.code) \(error.message)", transaction)
            }
            return failure.isUnknown ? .unknown : .failed
        }
    }

    private static func done(_ verb: String) -> String {
        switch verb {
        case "provision": "provisioned"
        case "destroy": "destroyed"
        case "deploy": "deployed"
        case "remove": "removed"
        case "finish": "ended"
        default: verb
        }
    }

    private func follow(
        _ steps: [StepStore.Step], _ id: String, _ outcome: RunMachine.Outcome, _ claim: StepStore.Claim,
        _ run: DeploymentStore.Run, _ transaction: PostgresTransaction
    ) async throws {
        let byID = Dictionary(steps.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var machine = try RunMachine(steps.map { RunStep(id: $0.id, dependsOn: $0.dependsOn, state: $0.state) })
        for action in try machine.apply(.ended(id, outcome)) {
            switch action {
            case .enqueue(let next):
                guard let step = byID[next] else { continue }
                try await StepStore.setState(.ready, outputs: nil, step: step, deploymentID: claim.deploymentID, transaction)
                try await StepStore.enqueue(step, orgID: claim.orgID, deploymentID: claim.deploymentID, transaction)
            case .skip(let skipped, let cause):
                guard let step = byID[skipped] else { continue }
                try await StepStore.setState(.skipped, outputs: nil, step: step, deploymentID: claim.deploymentID, transaction)
                try await EventStore.append(
                    claim.deploymentID, object: step.object, status: "skipped",
                    message: cause.map { "because \(byID[$0]?.object ?? $0) did not succeed" } ?? "because the run was stopped",
                    transaction)
            case .finish(let succeeded):
                try await finish(run, succeeded: succeeded, orgID: claim.orgID, transaction)
            case .stop, .wait, .retry: break
            }
        }
    }

    /// Ends the run, and starts the next one of the environment.
    private func finish(
        _ run: DeploymentStore.Run, succeeded: Bool, orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        let status: DeploymentStatus = succeeded ? .succeeded : .failed
        let deployment = run.deployment
        try await DeploymentStore.setStatus(status, deployment.id, transaction)
        try await EventStore.append(deployment.id, status: status.rawValue, transaction)
        if run.kind == .destroy, try run.scope?.decode(DestructionScope.self) == .environment {
            try await finishEnvironment(run, succeeded: succeeded, transaction)
        }
        try await RunQueue.startNext(orgID: orgID, appID: run.appID, envID: deployment.envID, transaction)
    }

    /// The environment goes with its last resource; the application with its last environment, when it is on its way out.
    private func finishEnvironment(
        _ run: DeploymentStore.Run, succeeded: Bool, _ transaction: PostgresTransaction
    ) async throws {
        let envID = run.deployment.envID
        guard succeeded else {
            let errors = try await DeploymentStore.errors(of: run.deployment.id, transaction)
            let causes = errors.map { "\($0.objectID): \($0.code) \($0.summary)" }.joined(separator: "; ")
            try await EnvironmentStore.setStatus(
                .deleting, message: "not everything could be removed: \(causes). Delete it again to go on.", envID,
                appID: run.appID, transaction)
            return
        }
        try await ApplicationStore.lock(run.appID, transaction)
        try await EnvironmentStore.delete(envID, appID: run.appID, transaction)
        try await ApplicationStore.deleteWhenEmpty(run.appID, transaction)
    }
}
