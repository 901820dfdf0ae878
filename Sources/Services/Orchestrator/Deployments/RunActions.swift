import Execution
import PlatformModel
import Postgres

/// Writes what people's word makes of the steps of a run, in the transaction that has the run's lock.
struct RunActions {
    let run: DeploymentStore.Run
    let orgID: String
    let steps: [StepStore.Step]
    let end: RunEnd

    /// Steps that are to stop and are not withdrawn are told by whoever does them.
    func perform(_ actions: [RunMachine.Action], _ transaction: PostgresTransaction) async throws {
        let id = run.deployment.id
        let byID = Dictionary(steps.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var skipped: [(step: StepStore.Step, cause: String?)] = []
        var waiting: [StepStore.Step] = [], ready: [StepStore.Step] = [], again: [StepStore.Step] = []
        var succeeded: Bool?
        for action in actions {
            switch action {
            case .skip(let step, let cause): if let step = byID[step] { skipped.append((step, cause)) }
            case .wait(let step): if let step = byID[step] { waiting.append(step) }
            case .enqueue(let step): if let step = byID[step] { ready.append(step) }
            case .retry(let step): if let step = byID[step] { again.append(step) }
            case .finish(let isWell): succeeded = isWell
            case .stop: break
            }
        }
        try await RunControlStore.withdraw(skipped.map(\.step).filter { $0.state == .ready }, id, orgID: orgID, transaction)
        try await RunControlStore.setStates(.skipped, skipped.map(\.step), id, transaction)
        try await RunControlStore.setStates(.waiting, waiting, id, transaction)
        try await RunControlStore.setStates(.ready, ready, id, transaction)
        try await RunControlStore.beginAnew(again, id, transaction)
        try await RunControlStore.enqueue(ready + again, id, transaction)
        if !waiting.isEmpty { try await StepStore.recount(id, transaction) }
        try await EventStore.append(
            id,
            nodes: skipped.map { step, cause in
                (
                    object: step.object, status: "skipped",
                    message: cause.map { "because \(byID[$0]?.object ?? $0) did not succeed" }
                        ?? "because the deployment was stopped"
                )
            } + waiting.map { (object: $0.object, status: "waiting", message: "for what it needs") }
                + again.map { (object: $0.object, status: "pending", message: "to be tried again") }, transaction)
        if let succeeded { try await end.finish(run, succeeded: succeeded, orgID: orgID, transaction) }
    }
}
