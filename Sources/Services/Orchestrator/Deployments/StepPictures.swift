import Execution
import PlatformModel
import Postgres

/// Where each step of a deployment stands, why, and what to do about it.
enum StepPictures {
    static func all(
        of deployment: Deployment, _ kind: DeploymentStore.Run.Kind, _ transaction: PostgresTransaction
    ) async throws -> [DeploymentStep] {
        let rows = try await RunControlStore.pictures(of: deployment.id, transaction)
        let byID = Dictionary(rows.map { ($0.step.id, $0.step) }, uniquingKeysWith: { first, _ in first })
        let machine = try RunMachine(rows.map { RunStep(id: $0.step.id, dependsOn: $0.step.dependsOn, state: $0.step.state) })
        return rows.map { step, picture in
            var picture = picture
            if step.state == .skipped { picture.because = machine.causes(ofSkipped: step.id).compactMap { byID[$0]?.object } }
            picture.remedy = kind == .deploy ? remedy(step, deployment) : remedy(ofDeletion: step)
            return picture
        }
    }

    private static func remedy(ofDeletion step: StepStore.Step) -> String? {
        switch step.state {
        case .failed: "mend the cause, then delete again: what is gone counts as done"
        case .unknown:
            "nobody knows how it ended: delete again, since what is gone counts as done; or take it away by hand, and have it forgotten "
                + "with 'martlet detach'"
        case .waiting, .ready, .running, .succeeded, .skipped: nil
        }
    }

    private static func remedy(_ step: StepStore.Step, _ deployment: Deployment) -> String? {
        let retry = "martlet retry deployment \(deployment.id) --node '\(step.object)'"
        switch step.state {
        case .failed: return "mend the cause, then: \(retry)"
        case .unknown:
            let wanted = step.removes ? "gone (then the run goes on)" : "stands (then the run goes on)"
            let other = step.removes ? "stands" : "gone"
            return
                "nobody knows how it ended: look for \(step.object) in the real system, then say what you found: \(retry) --unknown "
                + "\(wanted), \(other) (then it is tried again), or retry (the driver copes with both)"
        case .waiting, .ready, .running, .succeeded, .skipped: return nil
        }
    }
}

extension StepStore.Step {
    /// It takes something away.
    var removes: Bool { verb == "destroy" || verb == "remove" || verb == "finish" }
}
