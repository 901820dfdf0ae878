import Planning
import PlatformModel
import Postgres

/// Opens claimed steps: reads what they are about, puts them on record as running, and asks whether their people may still do it. Steps
/// of one organisation that are claimed at the same moment share the reads, the commit and the question.
struct StepOpening: Sendable {
    private let batches: GroupCommit<StepStore.Claim, ClaimedStep>
    private let questions: GroupCommit<ClaimedStep, ClaimedStep>
    private let answers: AllowedRuns

    /// Steps of one transaction.
    private static let together = 64

    /// - Parameter remembers: how long the answer counts for further steps of a run: a chain does not ask hundreds of times a second.
    init(database: PostgresPool, access: PresentAccess, plans: PlanCache, remembers: Duration) {
        let answers = AllowedRuns(for: remembers)
        self.answers = answers
        batches = GroupCommit(limit: Self.together) { org, claims in
            let opened = try await database.withOrg(org) { transaction in
                try await Self.read(claims, plans, transaction)
            }
            return await Self.allowed(opened, access, answers)
        }
        questions = GroupCommit(limit: Self.together) { _, steps in
            await Self.allowed(steps.map { .success($0) }, access, answers)
        }
    }

    /// - Throws: `LostClaim`; a `StepFailure` when the right is gone, or the run has no plan; `TryLater` when the gateway does not answer.
    func open(_ claim: StepStore.Claim) async throws -> ClaimedStep { try await batches.submit(claim, org: claim.orgID) }

    /// Only asks: the step came into the place of another one, and is read and on record as running (`EnginePlaces`).
    func allow(_ step: ClaimedStep) async throws -> ClaimedStep {
        let orgID = step.claim.orgID
        return answers.contains(step.run, org: orgID) ? step : try await questions.submit(step, org: orgID)
    }

    /// What a claimed step is about, or why it cannot be done.
    ///
    /// - Parameter hasBegun: somebody had claimed it before and may have done it.
    static func opened(
        _ claim: StepStore.Claim, _ run: DeploymentStore.Run?, hasBegun: Bool = false, _ plans: PlanCache,
        _ transaction: PostgresTransaction
    ) async throws -> Result<ClaimedStep, any Error> {
        guard let run, let limits = run.limits else { return .failure(LostClaim()) }
        do {
            let isPlanned = run.kind == .deploy && claim.verb != "plan"
            let plan = isPlanned ? try await plans.plan(of: run, org: claim.orgID, transaction) : nil
            let context = EnvironmentContext(
                orgID: claim.orgID, appID: run.appID, envID: run.deployment.envID, envType: limits.type)
            return .success(
                ClaimedStep(claim: claim, run: run, context: context, limits: limits, decidedPlan: plan, hasBegun: hasBegun))
        } catch let failure as StepFailure {
            return .failure(failure)
        }
    }

    private static func read(
        _ claims: [StepStore.Claim], _ plans: PlanCache, _ transaction: PostgresTransaction
    ) async throws -> [Result<ClaimedStep, any Error>] {
        // That a step runs need not reach the disk before it does: what matters is written again before each effect.
        let answers = try await transaction.pipeline([
            StepStore.brief(isFlushed: false), StepStore.holding(claims), DeploymentStore.asking(Set(claims.map(\.deploymentID))),
        ])
        let held = try StepStore.held(claims, answers[1])
        let runs = try DeploymentStore.runs(answers[2])
        let refusals = try await refusals(claims, runs, transaction)
        let begun = try await StepStore.setRunning(
            claims.filter { held.contains($0) && refusals[$0] == nil }, transaction)
        var opened: [Result<ClaimedStep, any Error>] = []
        for claim in claims {
            let run = held.contains(claim) ? runs[claim.deploymentID] : nil
            if run != nil, let refusal = refusals[claim] {
                opened.append(.failure(refusal))
            } else {
                opened.append(try await Self.opened(claim, run, hasBegun: begun.contains(claim), plans, transaction))
            }
        }
        return opened
    }

    /// What was begun before its run was stopped is told to stop by way of the runner; the rest never begins.
    private static func refusals(
        _ claims: [StepStore.Claim], _ runs: [String: DeploymentStore.Run], _ transaction: PostgresTransaction
    ) async throws -> [StepStore.Claim: any Error] {
        var refusals: [StepStore.Claim: any Error] = [:]
        for claim in claims {
            guard let run = runs[claim.deploymentID] else { continue }
            if run.stop != nil {
                let hasBegun = try await RunControlStore.hasBegun(claim, transaction)
                if !hasBegun || claim.verb == "plan" { refusals[claim] = RunStopped() }
            } else if run.isOverdue {
                refusals[claim] = RunOverdue()
            }
        }
        return refusals
    }

    /// One question for each run.
    private static func allowed(
        _ opened: [Result<ClaimedStep, any Error>], _ access: PresentAccess, _ recent: AllowedRuns
    ) async -> [Result<ClaimedStep, any Error>] {
        var answers: [String: Result<Void, any Error>] = [:]
        var allowed: [Result<ClaimedStep, any Error>] = []
        for result in opened {
            guard case .success(let step) = result else {
                allowed.append(result)
                continue
            }
            let id = step.claim.deploymentID
            let answer: Result<Void, any Error>
            if let known = answers[id] {
                answer = known
            } else if recent.contains(step.run, org: step.claim.orgID) {
                answer = .success(())
            } else {
                answer = await ask(step, access)
                if case .success = answer { recent.insert(step.run, org: step.claim.orgID) }
            }
            answers[id] = answer
            allowed.append(step.allowed(answer))
        }
        return allowed
    }

    private static func ask(_ step: ClaimedStep, _ access: PresentAccess) async -> Result<Void, any Error> {
        do { return .success(try await access.require(step)) } catch { return .failure(error) }
    }
}

extension ClaimedStep {
    /// The verbs whose effect is the runner's, which can be told to stop and says what became of it.
    private static let ordered: Set = ["provision", "destroy", "deploy", "remove"]

    /// The step as it may be done. One that was begun when its people still had their rights is not known to have done nothing: it is
    /// stopped, and ends as it ends.
    fileprivate func allowed(_ answer: Result<Void, any Error>) -> Result<ClaimedStep, any Error> {
        guard case .failure(let failure as StepFailure) = answer, hasBegun, Self.ordered.contains(claim.verb) else {
            return answer.map { self }
        }
        var step = self
        step.denial = failure
        return .success(step)
    }
}
