import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Makes plans, keeps them, and says whether one still holds.
struct PlanDesk: Sendable {
    /// What a plan is asked for.
    struct Request: Sendable {
        var id: String
        var context: EnvironmentContext
        var source: Source
        var mode: DeploymentMode?
        /// Unused resources that are to be destroyed, as `type.class#id`.
        var removing: [String]?
        var comment: String?
        /// The version of the shared values; nil: the newest, or the old plan's.
        var valueSetVersionID: String?
        var principal: Principal
    }

    enum Source: Sendable {
        case base
        case delta(String)
        case set(String)
        /// A delta made for the environment's base.
        case score(@Sendable (_ base: DeploymentSet) throws -> DeltaContent)
        /// Another plan, brought up to date: what it changes is changed of what the environment has now.
        case plan(String)
    }

    /// A plan that is kept, and what of it drivers are to be asked about; nothing where somebody made it before.
    struct Made: Sendable {
        var plan: SavedPlan
        var questions = PlanQuestions()
    }

    /// Plans and keeps the plan.
    ///
    /// - Throws: 422 with every problem of planning; 400 for a delta that does not apply; 409 where an old plan and what the environment
    ///   has now contradict each other.
    func make(_ request: Request, _ transaction: PostgresTransaction) async throws -> Made {
        let context = request.context
        if let made = try await PlanStore.plan(request.id, context, transaction) { return Made(plan: made) }
        let base = try await EnvironmentBase.read(context, transaction)
        let target = try await target(request, base, transaction)
        let draft = try await draft(request, target, transaction)
        try Self.refuseUnknown(target.removing, in: draft)
        let manifests = try await ManifestPlanner().changes(of: draft, context, transaction)
        let plan = draft.plan.abridged
        let summary = PlanSummary(
            id: request.id, source: target.source, deltaID: target.deltaID, fromDeployID: base.deployID,
            baseSetID: base.set.contentID, setID: plan.setID, mode: plan.mode, comment: request.comment ?? target.comment,
            totals: PlanTotals(plan), valueSetVersionID: target.valueSetVersionID, createdAt: Timestamp(milliseconds: 0),
            createdBy: request.principal.id)
        try await PlanStore.insert(
            SavedPlan(summary: summary, set: target.set, plan: plan, manifests: manifests), context, transaction)
        return Made(
            plan: try await require(request.id, context, transaction),
            questions: try await PlanQuestions(draft, context, transaction))
    }

    func require(
        _ id: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> SavedPlan {
        guard let plan = try await PlanStore.plan(id, context, transaction) else { throw HTTPFailure.notFound("plan", id) }
        return plan
    }

    /// What moved since a plan was made; empty when it still holds.
    func moves(
        of saved: SavedPlan, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [PlanMove] {
        let queue = try await DeploymentStore.queue(appID: context.appID, envID: context.envID, transaction)
        var moves: [PlanMove] = []
        if let id = queue.running { moves.append(PlanMove(.deployment, id, "is in progress")) }
        if let id = queue.next { moves.append(PlanMove(.deployment, id, "waits for its turn")) }
        let base = try await EnvironmentBase.read(context, transaction)
        let baseSetID = base.set.contentID
        if saved.summary.isMadeOnBase, baseSetID != saved.summary.baseSetID {
            let deployment = base.deployID.map { " (deployment \($0))" } ?? ""
            moves.append(
                PlanMove(.set, "", "that it builds on is \(baseSetID)\(deployment) now, it was \(saved.summary.baseSetID)"))
        }
        let subject = DeploymentPlanner.Subject(
            set: saved.set, mode: saved.plan.mode, removing: saved.plan.removing,
            values: EnvironmentValues.Pin(saved.summary.valueSetVersionID))
        do {
            moves += saved.plan.moved(to: try await DeploymentPlanner().draft(subject, context, transaction).plan)
        } catch let error as PlanningError {
            moves += error.problems.map { PlanMove(.graph, $0.path, "cannot be planned any more: \($0.code) \($0.message)") }
        }
        return Array(moves.prefix(PlanMove.limit))
    }

    /// - Throws: 409 `plan_stale` with what moved.
    func refuseStale(
        _ saved: SavedPlan, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let moves = try await moves(of: saved, context, transaction)
        guard !moves.isEmpty else { return }
        let named = moves.prefix(3).map(\.description).joined(separator: "; ") + (moves.count > 3 ? "; ..." : "")
        throw HTTPFailure(
            .conflict,
            ErrorBody(
                error: "plan_stale",
                message: "the plan '\(saved.summary.id)' no longer holds: \(named). Plan again, and deploy the new plan",
                details: ["changes": try JSON(encoding: moves)]))
    }

    /// What is planned, and where it comes from.
    private struct Target {
        var set: DeploymentSet
        var source: PlanSummary.Source
        var deltaID: String?
        var mode = DeploymentMode.incremental
        var removing: Set<String> = []
        var comment = ""
        /// Nil: the newest.
        var valueSetVersionID: String?
    }

    private func target(
        _ request: Request, _ base: EnvironmentBase, _ transaction: PostgresTransaction
    ) async throws -> Target {
        let appID = request.context.appID
        var target: Target
        switch request.source {
        case .base: target = Target(set: base.set, source: .base)
        case .delta(let id):
            let delta = try await SetStore.requireDelta(id, appID: appID, transaction)
            target = Target(
                set: try DeploymentIntake.apply(delta.content, to: base.set), source: .delta, deltaID: id,
                comment: delta.metadata.name ?? "")
        case .set(let id): target = Target(set: try await SetStore.require(id, appID: appID, transaction), source: .set)
        case .score(let make):
            target = Target(set: try DeploymentIntake.apply(try make(base.set), to: base.set), source: .score)
        case .plan(let id):
            target = try await rebased(try await require(id, request.context, transaction), base, appID, transaction)
        }
        if let mode = request.mode { target.mode = mode }
        if let removing = request.removing { target.removing = Set(removing) }
        if let version = request.valueSetVersionID {
            target.valueSetVersionID = try await EnvironmentValues.pin(version, request.context, transaction)
        }
        return target
    }

    /// An older plan's change on what the environment builds on now.
    private func rebased(
        _ old: SavedPlan, _ base: EnvironmentBase, _ appID: String, _ transaction: PostgresTransaction
    ) async throws -> Target {
        let summary = old.summary, removing = Set(old.plan.removing.map(\.description))
        var target = Target(
            set: old.set, source: summary.source, deltaID: summary.deltaID, mode: summary.mode, removing: removing,
            comment: summary.comment, valueSetVersionID: summary.valueSetVersionID)
        guard summary.isMadeOnBase, base.set.contentID != summary.baseSetID else { return target }
        let oldBase = try await SetStore.require(summary.baseSetID, appID: appID, transaction)
        do throws(DeltaError) {
            let change = try DeltaContent.diff(from: oldBase, to: old.set).rebased(from: oldBase, onto: base.set)
            target.set = try change.applied(to: base.set)
        } catch {
            throw HTTPFailure.conflict(
                "the plan '\(summary.id)' and what was deployed since contradict each other: \(error.description)",
                details: HTTPFailure.details(error.problems))
        }
        // What the delta alone makes of the new base is another thing where both changed something.
        target.source = summary.source == .base ? .base : .plan
        target.deltaID = nil
        return target
    }

    private func draft(
        _ request: Request, _ target: Target, _ transaction: PostgresTransaction
    ) async throws -> DeploymentPlanner.Draft {
        let planner = DeploymentPlanner()
        var subject = DeploymentPlanner.Subject(
            set: target.set, mode: target.mode, values: EnvironmentValues.Pin(target.valueSetVersionID))
        do {
            guard !target.removing.isEmpty else { return try await planner.draft(subject, request.context, transaction) }
            let standing = try await ActiveResourceStore.list(request.context, transaction).map(\.resource.identity)
            subject.removing = Set(standing.filter { target.removing.contains($0.description) })
            return try await planner.draft(subject, request.context, transaction)
        } catch let error as PlanningError {
            throw HTTPFailure.problems("plan_invalid", error.problems)
        }
    }

    /// - Throws: 422 for what is not there, is used, or cannot go.
    private static func refuseUnknown(_ removing: Set<String>, in draft: DeploymentPlanner.Draft) throws {
        let lines = Dictionary(
            draft.plan.removals.map { ($0.identity.description, $0) }, uniquingKeysWith: { first, _ in first })
        let standing = draft.records.map(\.resource.identity.description)
        let problems = removing.sorted().compactMap { name -> Problem? in
            switch lines[name] {
            case let line? where !line.isResource:
                Problem(code: "PLAN-111", path: name, message: "is a workload: it goes when the set no longer has it")
            case let line?: line.action == .delete ? nil : Problem(code: "PLAN-111", path: name, message: line.reason)
            case nil where standing.contains(name):
                Problem(code: "PLAN-111", path: name, message: "is used by what is to be deployed, and stays")
            case nil:
                Problem(
                    code: "PLAN-111", path: name, message: "there is no such resource in the environment",
                    suggestion: nearestName(to: name, among: standing))
            }
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("plan_invalid", problems) }
    }
}

/// What an environment builds on: the deployment that its next one starts from, and the set of that; the empty set at first.
struct EnvironmentBase {
    var set: DeploymentSet
    var deployID: String?

    static func read(_ context: EnvironmentContext, _ transaction: PostgresTransaction) async throws -> EnvironmentBase {
        guard let record = try await EnvironmentStore.record(context.envID, appID: context.appID, transaction) else {
            throw HTTPFailure.notFound("environment", context.envID)
        }
        return try await read(record, context, transaction)
    }

    static func read(
        _ environment: EnvironmentStore.Record, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> EnvironmentBase {
        var deployment: Deployment?
        if let id = environment.fromDeployID {
            deployment = try await DeploymentStore.deployment(id, ofApp: context.appID, transaction)
        }
        // The deployment is gone with its environment, where that was another one; its set stays.
        guard let setID = environment.fromSetID ?? deployment?.setID,
            let set = try await SetStore.content(setID, appID: context.appID, transaction)
        else { return EnvironmentBase(set: DeploymentSet()) }
        return EnvironmentBase(set: set, deployID: deployment?.id)
    }
}
