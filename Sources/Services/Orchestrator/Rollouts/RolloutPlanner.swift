import Execution
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// What a rollout would do to one environment, with what it has now.
struct RolloutPlanner: Sendable {
    struct Finding: Sendable {
        /// `planned`, `unchanged` or `leftOut`; nil when the environment is gone.
        var state: RolloutTargetState?
        var reason = ""
        var totals: PlanTotals?
        /// What is replaced or removed.
        var losing: [String] = []
    }

    func find(
        _ rollout: Rollout, _ target: Rollout.Target, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> Finding {
        guard let environment = try await EnvironmentStore.record(target.envID, appID: target.appID, transaction),
            environment.type == target.envType
        else { return Finding(state: nil, reason: "the environment is gone") }
        let context = EnvironmentContext(
            orgID: orgID, appID: target.appID, envID: target.envID, envType: environment.type)
        if let reason = try await unfit(environment, rollout, target, context, transaction) {
            return Finding(state: .leftOut, reason: reason)
        }
        let base = try await EnvironmentBase.read(environment, context, transaction)
        do {
            var subject = DeploymentPlanner.Subject(set: base.set, mode: rollout.mode)
            subject.definition = try await Self.definition(of: rollout, transaction)
            let draft = try await DeploymentPlanner().draft(subject, context, transaction)
            var finding = Finding(state: .planned, totals: PlanTotals(draft.plan), losing: Self.losing(draft.plan))
            if rollout.kind == .profile {
                let isChanged = try await changesWorkloads(of: rollout, base.set, draft, context, transaction)
                if !isChanged { finding.state = .unchanged }
            } else if let totals = finding.totals, totals.changed == 0 {
                finding.state = .unchanged
            }
            return finding
        } catch let error as PlanningError {
            let words = error.problems.prefix(3).map(\.description).joined(separator: "; ")
            return Finding(state: .leftOut, reason: "it cannot be planned: \(words)")
        }
    }

    /// Whether workloads of the profile would run otherwise than they do. What Martlet makes of a spec tells by its objects alone; what an
    /// organisation's own profile makes of it tells by the plan, too.
    private func changesWorkloads(
        of rollout: Rollout, _ base: DeploymentSet, _ draft: DeploymentPlanner.Draft, _ context: EnvironmentContext,
        _ transaction: PostgresTransaction
    ) async throws -> Bool {
        let profiles = try await RolloutScope.names(ofProfile: rollout.subject, transaction)
        let names = Set(base.modules.filter { profiles.contains($0.value.profile) }.keys)
        guard rollout.mode == .full else {
            return draft.plan.nodes.contains { planned in
                planned.action != .keep && planned.node.workload.map(names.contains) ?? false
            }
        }
        let changes = try await ManifestPlanner().changes(of: draft, context, transaction)
        return changes.contains { names.contains($0.workload) && (!$0.changes.isEmpty || $0.note != nil) }
    }

    /// The version that is rolled out, where it is not the active one yet.
    private static func definition(
        of rollout: Rollout, _ transaction: PostgresTransaction
    ) async throws -> ResourceDefinition? {
        guard rollout.replaces != nil, let version = rollout.version else { return nil }
        return try await DefinitionVersionStore.version(version, of: rollout.subject, transaction)?.definition
    }

    /// Why a deployment of what the environment has would bring more than what is rolled out.
    private func unfit(
        _ environment: EnvironmentStore.Record, _ rollout: Rollout, _ target: Rollout.Target, _ context: EnvironmentContext,
        _ transaction: PostgresTransaction
    ) async throws -> String? {
        guard environment.status == .active else { return "the environment is being deleted" }
        guard let last = environment.lastDeployID else { return "nothing was deployed to it" }
        // What this rollout itself could not do is tried again.
        if last == target.deploymentID, environment.fromDeployID == last { return nil }
        guard environment.fromDeployID == last else {
            return "its next deployment builds on \(environment.fromDeployID ?? "nothing"), which is not what it runs"
        }
        // And what an earlier one of the same thing could not do: it was changed since, so that it can.
        if try await RolloutStore.hasMade(last, rollout.kind, rollout.subject, transaction) { return nil }
        let deployment = try await DeploymentStore.deployment(
            last, appID: context.appID, envID: context.envID, transaction)
        guard deployment?.status.isEnded != true || deployment?.status == .succeeded else {
            return "its newest deployment, \(last), did not succeed: repair that first"
        }
        return nil
    }

    private static func losing(_ plan: DeploymentPlan) -> [String] {
        let replaced = plan.nodes.filter { $0.action == .replace }.map { $0.node.identity.description }
        let removed = plan.removals.filter { $0.action == .delete }.map { $0.identity.description }
        return (replaced + removed).sorted()
    }
}

extension PlanTotals {
    /// How many things are touched.
    var changed: Int { create + update + replace + delete }
}
