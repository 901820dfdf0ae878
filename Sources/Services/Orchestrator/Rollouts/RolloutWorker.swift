import AccessControl
import Execution
import FaultPoints
import PlatformModel
import Postgres
import ServiceRuntime

/// Does what there is to do for one claimed rollout: each piece in one transaction, with what it leads to, so that a kill loses at most
/// what was not begun. Plans, which change nothing but the rollout, come several to a transaction: each reads the whole rollout.
struct RolloutWorker: Sendable {
    let database: PostgresPool
    let intake: DeploymentIntake
    let access: PresentAccess

    /// Pieces of work under one claim; then others have their turn.
    private static let piecesAtATime = 50
    private static let plansTogether = 10
    /// After this nothing more is begun in a transaction.
    private static let longest = Duration.seconds(1)
    /// How long until running deployments are looked at again, where nobody tells of their end.
    private static let watchSeconds = 10.0

    /// - Returns: Seconds until it is to be looked at again; nil when there is nothing left to do.
    func advance(_ claim: RolloutQueueStore.Claim) async throws -> Double? {
        try await OrchestratorFaults.afterRolloutClaim.reach()
        guard let rollout = try await begin(claim) else { return nil }
        let work = rollout.machine.work
        let deploys = work.contains { if case .deploy = $0 { true } else { false } }
        let principal = deploys ? try await access.present(rollout.createdBy, orgID: claim.orgID) : nil
        var isMoved = false
        var left = work.prefix(Self.piecesAtATime)
        while let first = left.first {
            try Task.checkCancellation()
            let pieces = left.prefix(first.isPlan ? Self.plansTogether : 1)
            left = left.dropFirst(pieces.count)
            try await OrchestratorFaults.beforeRolloutStep.reach()
            if try await perform(pieces, claim, principal) { isMoved = true }
            try await OrchestratorFaults.afterRolloutStep.reach()
        }
        // What has moved leads to more, at once: the end of a deployment to the next batch.
        let onlyWatches = work.allSatisfy { if case .watch = $0 { true } else { false } }
        return onlyWatches && !isMoved ? Self.watchSeconds : 0
    }

    /// The rollout; nil when nothing is left to do, and then it is out of the queue.
    private func begin(_ claim: RolloutQueueStore.Claim) async throws -> Rollout? {
        try await database.withOrg(claim.orgID) { transaction in
            guard try await RolloutQueueStore.leases.holds(claim.lease, transaction) else { throw LostClaim() }
            let rollout = try await RolloutStore.lock(claim.rolloutID, transaction)
            if let rollout, !rollout.machine.work.isEmpty { return rollout }
            try await RolloutQueueStore.leases.finish(claim.lease, transaction)
            return nil
        }
    }

    /// - Parameter pieces: Of which none takes another one away.
    /// - Returns: Whether there is other work now than before.
    private func perform(
        _ pieces: ArraySlice<RolloutMachine.Work>, _ claim: RolloutQueueStore.Claim, _ principal: Principal?
    ) async throws -> Bool {
        try await database.withOrg(claim.orgID) { transaction in
            guard try await RolloutQueueStore.leases.holds(claim.lease, transaction) else { throw LostClaim() }
            guard let rollout = try await RolloutStore.lock(claim.rolloutID, transaction) else { return false }
            let due = rollout.machine.work
            var changed = rollout
            let begun = ContinuousClock.now
            // What is not due any more: somebody cancelled it meanwhile, or another piece of work stopped it.
            for piece in pieces where due.contains(piece) {
                // Whoever wants to cancel it waits for this transaction; what is left comes in another.
                if ContinuousClock.now - begun > Self.longest { break }
                switch piece {
                case .plan(let id): try await plan(id, &changed, claim, transaction)
                case .deploy(let id): try await deploy(id, &changed, claim, principal, transaction)
                case .watch(let id): try await watch(id, &changed, transaction)
                }
            }
            try await RolloutStore.update(from: rollout, to: changed, transaction)
            return changed.machine.work != due
        }
    }

    private func plan(
        _ id: String, _ rollout: inout Rollout, _ claim: RolloutQueueStore.Claim, _ transaction: PostgresTransaction
    ) async throws {
        guard let target = rollout.target(id) else { return }
        let finding = try await RolloutPlanner().find(rollout, target, orgID: claim.orgID, transaction)
        rollout.change(id) { target in
            target.reason = finding.reason
            target.totals = finding.totals
            target.losing = finding.losing
        }
        try rollout.apply(finding.state.map { .planned(id, $0) } ?? .gone(id))
    }

    private func deploy(
        _ id: String, _ rollout: inout Rollout, _ claim: RolloutQueueStore.Claim, _ principal: Principal?,
        _ transaction: PostgresTransaction
    ) async throws {
        guard let target = rollout.target(id), let principal else { return }
        let context = EnvironmentContext(
            orgID: claim.orgID, appID: target.appID, envID: target.envID, envType: target.envType)
        // The order in which everybody else locks: the environment before what is read of it.
        _ = try await EnvironmentStore.lock(target.envID, appID: target.appID, transaction)
        let finding = try await RolloutPlanner().find(rollout, target, orgID: claim.orgID, transaction)
        guard let state = finding.state else {
            rollout.change(id) { $0.reason = finding.reason }
            return try rollout.apply(.gone(id))
        }
        if let reason = try await refusal(rollout, target, finding, principal, context, transaction) {
            rollout.change(id) { $0.reason = reason }
            return try rollout.apply(.blocked(id))
        }
        guard state == .planned else {
            rollout.change(id) { $0.reason = "somebody deployed it meanwhile" }
            return try rollout.apply(.satisfied(id))
        }
        if let reason = try await activate(rollout, principal, orgID: claim.orgID, transaction) {
            rollout.change(id) { $0.reason = reason }
            return try rollout.apply(.blocked(id))
        }
        let attempt = target.attempt + 1
        let parts = ["rollout", claim.orgID, rollout.id, target.appID, target.envID, String(attempt)]
        let deployment = try await intake.submit(
            DeploymentIntake.Request(
                id: String(SHA256.hex(parts.joined(separator: "\u{1f}")).prefix(16)), context: context, source: .base,
                comment: rollout.comment.isEmpty ? "rollout \(rollout.id) of the \(rollout.title)" : rollout.comment,
                mode: rollout.mode, principal: principal), transaction)
        rollout.change(id) { target in
            target.attempt = attempt
            target.deploymentID = deployment.id
            target.totals = finding.totals
            target.reason = ""
        }
        try rollout.apply(.deploying(id))
    }

    /// Why it may not be deployed any more, though it was planned.
    private func refusal(
        _ rollout: Rollout, _ target: Rollout.Target, _ finding: RolloutPlanner.Finding, _ principal: Principal,
        _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> String? {
        guard RolloutAccess.mayDeploy(principal, context) else {
            return "\(principal.name) may no longer deploy to it: a role was taken away since the rollout began"
        }
        if finding.state == .leftOut { return finding.reason }
        if let version = rollout.version {
            let active = try await RolloutSubject.activeVersion(of: rollout, transaction)
            guard active == version || rollout.isYetToActivate(over: active) else {
                return
                    "the \(rollout.kind.rawValue) '\(rollout.subject)' was changed since: its version is \(active ?? "gone"), and "
                    + "\(version) is rolled out; cancel this rollout and begin another"
            }
        }
        let more = Set(finding.losing).subtracting(target.losing).sorted()
        guard more.isEmpty else {
            return
                "its plan has changed: it would replace or remove \(more.prefix(3).joined(separator: ", ")) too; resume the rollout "
                + "to plan it again"
        }
        return nil
    }

    /// With the first deployment of a version that is not active, it becomes so. Why it cannot.
    private func activate(
        _ rollout: Rollout, _ principal: Principal, orgID: String, _ transaction: PostgresTransaction
    ) async throws -> String? {
        let active = try await RolloutSubject.activeVersion(of: rollout, transaction)
        guard rollout.isYetToActivate(over: active), let version = rollout.version else { return nil }
        guard decide(principal, .changeDefinitions, on: AccessTarget(orgID: orgID)).isAllowed else {
            return "\(principal.name) may no longer change definitions: a role was taken away since the rollout began"
        }
        try await DefinitionVersionStore.activate(version, of: rollout.subject, by: principal.id, transaction)
        return nil
    }

    private func watch(_ id: String, _ rollout: inout Rollout, _ transaction: PostgresTransaction) async throws {
        guard let target = rollout.target(id), let deploymentID = target.deploymentID else { return }
        guard
            let deployment = try await DeploymentStore.deployment(
                deploymentID, appID: target.appID, envID: target.envID, transaction)
        else {
            rollout.change(id) { $0.reason = "the environment is gone" }
            return try rollout.apply(.gone(id))
        }
        guard deployment.status.isEnded else { return }
        let succeeded = deployment.status == .succeeded
        if !succeeded {
            let errors = try await DeploymentStore.errors(of: deploymentID, transaction)
            let words = errors.prefix(3).map { "\($0.code) \($0.objectID): \($0.message)" }.joined(separator: "; ")
            rollout.change(id) {
                $0.reason = words.isEmpty ? "its deployment is \(deployment.status.rawValue)" : String(words.prefix(2000))
            }
        }
        try rollout.apply(.ended(id, succeeded: succeeded))
    }
}

extension RolloutMachine.Work {
    fileprivate var isPlan: Bool { if case .plan = self { true } else { false } }
}
