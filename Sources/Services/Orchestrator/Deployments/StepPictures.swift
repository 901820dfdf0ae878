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
        let order = order(of: rows.map(\.step))
        return rows.sorted {
            (order[$0.step.id] ?? 0, $0.step.object, $0.step.verb) < (order[$1.step.id] ?? 0, $1.step.object, $1.step.verb)
        }.map { step, picture in
            var picture = picture
            if step.state == .skipped { picture.because = machine.causes(ofSkipped: step.id).compactMap { byID[$0]?.object } }
            picture.remedy = kind == .deploy ? remedy(step, deployment) : remedy(ofDeletion: step)
            return picture
        }
    }

    /// How many steps come one after the other before each: nothing is shown before what it waits for, and what goes side by side stands in
    /// the same order each time.
    private static func order(of steps: [StepStore.Step]) -> [String: Int] {
        let ids = Set(steps.map(\.id))
        var open = Dictionary(steps.map { ($0.id, Set($0.dependsOn).intersection(ids).count) }, uniquingKeysWith: max)
        var dependents: [String: [String]] = [:]
        for step in steps { for need in Set(step.dependsOn) { dependents[need, default: []].append(step.id) } }
        var order: [String: Int] = [:], next = open.filter { $0.value == 0 }.map(\.key)
        var place = 0
        while !next.isEmpty {
            for id in next { order[id] = place }
            place += 1
            let ended = next
            next = []
            for dependent in ended.flatMap({ dependents[$0] ?? [] }) {
                open[dependent, default: 0] -= 1
                if open[dependent] == 0 { next.append(dependent) }
            }
        }
        return order
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
