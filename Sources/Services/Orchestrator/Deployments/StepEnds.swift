import Execution
import PlatformModel
import Postgres

/// The transaction in which steps of one organisation end.
struct StepEnds: Sendable {
    let plans: PlanCache

    /// - Returns: `LostClaim` for those whose claim is another's now; nothing was written for them.
    func write(
        _ ends: [StepRecorder.End], orgID: String, _ transaction: PostgresTransaction
    ) async throws -> [Result<Void, any Error>] {
        let claims = ends.map(\.claim)
        let answers = try await transaction.pipeline([
            DeploymentStore.locking(Set(claims.map(\.deploymentID))), StepStore.finishing(claims),
        ])
        let runs = try DeploymentStore.runs(answers[0])
        let ours = try StepStore.held(claims, answers[1])
        // A claim stands once in a batch; should it not, only the first end counts.
        var left = ours
        let won = ends.filter { runs[$0.claim.deploymentID] != nil && left.remove($0.claim) != nil }
        if !won.isEmpty { try await write(won, runs, orgID, transaction) }
        var written = Set(won.map(\.claim))
        return ends.map { written.remove($0.claim) == nil ? .failure(LostClaim()) : .success(()) }
    }

    private func write(
        _ ends: [StepRecorder.End], _ runs: [String: DeploymentStore.Run], _ orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        var first: [SQL] = []
        let made = ends.compactMap(\.made)
        if !made.isEmpty { first.append(try ActiveResourceStore.upsert(made)) }
        first.append(StepStore.setEnded(ends.map(\.row)))
        let objects = try StepStore.objects(try await transaction.pipeline(first).last ?? [])
        for end in ends { try await end.change?(transaction) }
        let names = Dictionary(objects.map { ($0.key, $0.object) }, uniquingKeysWith: { first, _ in first })
        var follow = EventStore.appending(try await events(ends, names, transaction))
        let succeeded = ends.filter { $0.state == .succeeded }.map(\.claim)
        let others = ends.filter { $0.state != .succeeded }.map(\.claim)
        if !succeeded.isEmpty { follow.append(StepStore.release(after: succeeded)) }
        if !others.isEmpty { follow.append(StepStore.skip(after: others)) }
        // A stopped run begins nothing more, and has failed whatever its steps say.
        for end in ends where runs[end.claim.deploymentID]?.stop == nil { follow += try next(after: end, orgID) }
        follow.append(StepStore.ended(runs.keys.sorted()))
        for done in try StepStore.done(try await transaction.pipeline(follow).last ?? []) {
            guard let run = runs[done.id] else { continue }
            try await RunEnd(plans: plans).finish(run, succeeded: done.succeeded && run.stop == nil, orgID: orgID, transaction)
        }
    }

    /// The events of the ends; writes their errors.
    private func events(
        _ ends: [StepRecorder.End], _ names: [String: String], _ transaction: PostgresTransaction
    ) async throws -> [EventStore.Entry] {
        var events: [EventStore.Entry] = []
        for end in ends {
            let claim = end.claim
            if let started = end.started { events.append(started) }
            let object = names[end.key] ?? claim.node
            switch end.ending {
            case .succeeded:
                guard claim.verb != "plan" else { continue }
                events.append(
                    .init(
                        deploymentID: claim.deploymentID, object: object, status: "succeeded", message: Self.done(claim.verb)))
            case .withdrawn:
                events.append(
                    .init(
                        deploymentID: claim.deploymentID, object: object, status: "skipped",
                        message: "because the deployment was stopped"))
            case .failed(let failure):
                // Who failed before it was known what the step is about gave its node.
                let errors = failure.errors.map { $0.objectID == claim.node ? $0.about(object) : $0 }
                try await DeploymentStore.insert(
                    errors, of: claim.deploymentID, step: StepStore.stepID(node: claim.node, verb: claim.verb), transaction)
                events += errors.map { error in
                    .init(
                        deploymentID: claim.deploymentID, object: claim.verb == "plan" ? nil : object,
                        status: end.state.rawValue, message: "\(error.code) \(error.message)")
                }
            }
        }
        return events
    }

    /// The steps that a plan's end brings: those that wait for nothing else are ready.
    private func next(after end: StepRecorder.End, _ orgID: String) throws -> [SQL] {
        guard case .succeeded(_, var next) = end.ending, !next.isEmpty else { return [] }
        let id = StepStore.stepID(node: end.claim.node, verb: end.claim.verb), deploymentID = end.claim.deploymentID
        var machine = try RunMachine(
            [RunStep(id: id, dependsOn: [], state: .succeeded)] + next.map { RunStep(id: $0.id, dependsOn: $0.dependsOn) })
        _ = try machine.apply(.started)
        for index in next.indices { next[index].state = machine.steps[next[index].id]?.state ?? .waiting }
        let ready = next.filter { $0.state == .ready }
        return [StepStore.inserting(next, deploymentID: deploymentID, done: [id])]
            + StepStore.enqueuing(ready, orgID: orgID, deploymentID: deploymentID)
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
}

extension StepRecorder.End {
    fileprivate var state: StepState {
        switch ending {
        case .succeeded: .succeeded
        case .failed(let failure): failure.isUnknown ? .unknown : .failed
        case .withdrawn: .skipped
        }
    }

    fileprivate var row: StepStore.Ended {
        var outputs: JSON?
        if case .succeeded(let given, _) = ending { outputs = given }
        return StepStore.Ended(claim: claim, state: state, outputs: outputs)
    }

    /// As `StepStore.Object.key`.
    fileprivate var key: String {
        claim.deploymentID + "/" + StepStore.stepID(node: claim.node, verb: claim.verb)
    }
}

extension StepStore.Object {
    fileprivate var key: String { deploymentID + "/" + id }
}
