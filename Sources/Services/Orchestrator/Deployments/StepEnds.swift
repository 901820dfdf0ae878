import Execution
import PlatformModel
import Postgres

/// The transaction in which steps of one organisation end, and the next ones begin in their places.
struct StepEnds: Sendable {
    let plans: PlanCache
    let places: EnginePlaces
    let database: PostgresPool

    struct Outcome: Sendable {
        /// `LostClaim` for those whose claim is another's now; nothing was written for them.
        var results: [Result<Void, any Error>]
        /// Begun in the places of those that ended.
        var passed: [EnginePlaces.Passed] = []
    }

    func write(_ ends: [StepRecorder.End], orgID: String, _ transaction: PostgresTransaction) async throws -> Outcome {
        let claims = ends.map(\.claim)
        let answers = try await transaction.pipeline([
            StepStore.lookingByKeys, DeploymentStore.locking(Set(claims.map(\.deploymentID))),
            StepStore.finishing(claims),
        ])
        let runs = try DeploymentStore.runs(answers[1])
        let ours = try StepStore.held(claims, answers[2]), names = try StepStore.objects(claims, answers[2])
        // A claim stands once in a batch; should it not, only the first end counts.
        var left = ours
        let won = ends.filter { runs[$0.claim.deploymentID] != nil && left.remove($0.claim) != nil }
        var outcome = Outcome(results: [])
        if !won.isEmpty { outcome.passed = try await write(won, runs, names, orgID, transaction) }
        var written = Set(won.map(\.claim))
        outcome.results = ends.map { written.remove($0.claim) == nil ? .failure(LostClaim()) : .success(()) }
        return outcome
    }

    private func write(
        _ ends: [StepRecorder.End], _ runs: [String: DeploymentStore.Run], _ names: [StepStore.Claim: String], _ orgID: String,
        _ transaction: PostgresTransaction
    ) async throws -> [EnginePlaces.Passed] {
        for end in ends { try await end.change?(transaction) }
        var batch: [SQL] = []
        let made = ends.compactMap(\.made)
        if !made.isEmpty { batch.append(try ActiveResourceStore.upsert(made)) }
        batch += ends.compactMap(\.gone).map(ActiveResourceStore.deleting)
        batch.append(StepStore.setEnded(ends.map(\.row)))
        batch += EventStore.appending(try await events(ends, names, transaction), isLocked: true)
        let others = ends.filter { $0.state != .succeeded }.map(\.claim)
        if !others.isEmpty { batch.append(StepStore.skip(after: others)) }
        // A stopped run begins nothing more, and has failed whatever its steps say.
        for end in ends where runs[end.claim.deploymentID]?.stop == nil { batch += try next(after: end, orgID) }
        batch.append(StepStore.release(after: ends.filter { $0.state == .succeeded }.map(\.claim)))
        let passing = passing(ends.map(\.claim).filter { runs[$0.deploymentID]?.mayBegin == true })
        if let passing { batch.append(StepStore.passing(passing.lines, owner: passing.from.owner)) }
        batch.append(StepStore.ended(runs.keys.sorted()))
        var answers = try await transaction.pipeline(batch)
        for done in try StepStore.done(answers.removeLast()) {
            guard let run = runs[done.id] else { continue }
            try await RunEnd(plans: plans).finish(run, succeeded: done.succeeded && run.stop == nil, orgID: orgID, transaction)
        }
        let begun =
            try passing.map { passing in
                try StepStore.claims(
                    answers.removeLast(), owner: passing.from.owner, replacement: passing.from.replacement,
                    openings: passing.from.openings)
            } ?? []
        let freed = try StepStore.freed(answers.removeLast(), orgID: orgID)
        let taken = Dictionary(begun.map { ($0.line, 1) }, uniquingKeysWith: +)
        if freed.contains(where: { $0.value > taken[$0.key, default: 0] }) { try await transaction.execute(StepStore.telling) }
        return try await opened(begun, after: ends, runs, transaction)
    }

    /// The steps that began, with what was made for them in this very transaction.
    private func opened(
        _ begun: [StepStore.Claim], after ends: [StepRecorder.End], _ runs: [String: DeploymentStore.Run],
        _ transaction: PostgresTransaction
    ) async throws -> [EnginePlaces.Passed] {
        var standing: [String: [ResourceIdentity: ActiveResourceStore.Record]] = [:]
        for end in ends {
            if let made = end.made { standing[end.claim.deploymentID, default: [:]][made.resource.identity] = made }
        }
        var passed: [EnginePlaces.Passed] = []
        for claim in begun {
            let step = try await StepOpening.opened(claim, runs[claim.deploymentID], plans, transaction).map { step in
                var step = step
                step.standing = standing[claim.deploymentID] ?? [:]
                return step
            }
            passed.append(EnginePlaces.Passed(claim: claim, step: step))
        }
        return passed
    }

    /// How many places of which lines pass on, and a claim that says for all of them what is known of the server. Not from a claim that
    /// was made before the last connection: behind that one may be another server, which lacks what somebody else did next.
    private func passing(_ ending: [StepStore.Claim]) -> (lines: [StepStore.Line: Int], from: StepStore.Claim)? {
        let openings = database.openings
        let known = ending.filter { $0.openings == openings }
        let lines = places.passing(known)
        guard let from = known.first, !lines.isEmpty else { return nil }
        return (lines, from)
    }

    /// The events of the ends; writes their errors.
    private func events(
        _ ends: [StepRecorder.End], _ names: [StepStore.Claim: String], _ transaction: PostgresTransaction
    ) async throws -> [EventStore.Entry] {
        var events: [EventStore.Entry] = []
        for end in ends {
            let claim = end.claim
            if let started = end.started { events.append(started) }
            let object = names[claim] ?? claim.node
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
}

extension DeploymentStore.Run {
    /// Neither stopped nor out of time, its organisation is at work, and its environment is there.
    fileprivate var mayBegin: Bool { stop == nil && !isOverdue && !isSuspended && limits != nil }
}
