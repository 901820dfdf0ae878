import FaultPoints
import Logging
import Planning
import PlatformModel
import Postgres
import ServiceAPI

/// Makes the reports of drift that were asked for or are due, and has repaired what is to be repaired.
struct DriftDesk: Sendable {
    let database: PostgresPool
    let look: EnvironmentLook
    /// What the schedule does where an environment type says nothing.
    let standard: DriftSchedule
    let logger: Logger

    /// While a deployment runs, and where a room is away.
    private static let putOffSeconds = 60.0

    func perform(_ claim: DriftQueue.Claim) async {
        do {
            try await OrchestratorFaults.afterDriftClaim.reach()
            guard let begun = try await begin(claim) else { return }
            let findings = try await look.findings(begun.subject, id: claim.reportID, begun.context)
            try await FaultVerb.during(begun.report.isRepair ? "repair" : "inspect") {
                try await OrchestratorFaults.beforeDriftReport.reach()
                try await end(claim, begun, findings)
            }
        } catch {
            if Task.isCancelled || error is CancellationError { return }
            await fail(claim, error)
        }
    }

    private struct Begun: Sendable {
        var context: EnvironmentContext
        var subject: EnvironmentLook.Subject
        var report: DriftReport
    }

    /// Nil when there is nothing to do, or not now; the claim is settled then.
    private func begin(_ claim: DriftQueue.Claim) async throws -> Begun? {
        enum Turn { case go(Begun), later, off }
        let turn = try await database.withOrg(claim.orgID) { transaction -> Turn in
            guard let environment = try await EnvironmentStore.record(claim.envID, appID: claim.appID, transaction),
                environment.status == .active
            else { return .off }
            let context = EnvironmentContext(
                orgID: claim.orgID, appID: claim.appID, envID: claim.envID, envType: environment.type)
            var report = try await DriftStore.report(claim.reportID, context, transaction)
            let queue = try await DeploymentStore.queue(appID: claim.appID, envID: claim.envID, transaction)
            let isBusy = queue.running != nil || queue.next != nil
            if report == nil {
                let set = try await DriftStore.schedule(ofType: environment.type, transaction)
                var schedule = set?.schedule ?? standard
                if schedule == .off, claim.isAfterReplacement { schedule = .report }
                guard schedule != .off, environment.lastDeployID != nil else { return .off }
                if isBusy { return .later }
                // Nobody repairs unless somebody has said so.
                let by = set.map { $0.by } ?? ""
                try await DriftStore.begin(
                    claim.reportID, origin: .schedule, isRepair: schedule == .repair && !by.isEmpty,
                    by: by.isEmpty ? claim.isAfterReplacement ? "another database server" : "schedule" : by, context, transaction)
                report = try await DriftStore.report(claim.reportID, context, transaction)
            } else if isBusy {
                return .later
            }
            guard let report, report.status == .running else { return .off }
            return .go(
                Begun(context: context, subject: try await EnvironmentLook.subject(context, transaction), report: report))
        }
        switch turn {
        case .go(let begun): return begun
        case .later where claim.isOverdue:
            try await giveUp(claim, "the environment was changed for an hour without a pause; ask again")
            return nil
        case .later:
            try await DriftQueue.leases.release(claim.lease, afterSeconds: Self.putOffSeconds, database)
            return nil
        case .off:
            _ = try await database.withOrg(claim.orgID) { try await DriftQueue.leases.finish(claim.lease, $0) }
            if try await database.withOrg(claim.orgID, { try await EnvironmentStore.record(claim.envID, appID: claim.appID, $0) })
                == nil
            {
                try await DriftQueue.leave(claim, database)
            }
            return nil
        }
    }

    /// Writes the report, and submits the repair, in one transaction: whoever does both, it is done once.
    private func end(_ claim: DriftQueue.Claim, _ begun: Begun, _ findings: [DriftFinding]) async throws {
        try await database.withOrg(claim.orgID) { transaction in
            let context = begun.context
            let environment = try await EnvironmentStore.lock(context.envID, appID: context.appID, transaction)
            guard try await DriftQueue.leases.finish(claim.lease, transaction), let environment else { return }
            let newest = try await DeploymentStore.newestRun(appID: context.appID, envID: context.envID, transaction)
            guard newest == begun.subject.newestRun else {
                return try await DriftStore.end(
                    claim.reportID, .failed,
                    message:
                        "a deployment began meanwhile (\(newest ?? "it is gone")), so that what was found is worth nothing; look again",
                    findings: [], deploymentID: nil, context, transaction)
            }
            var deploymentID: String?, message: String?
            let repairs = findings.compactMap(\.repair)
            if begun.report.isRepair, !repairs.isEmpty {
                if environment.status == .active, let last = environment.lastDeployID {
                    deploymentID = try await repair(repairs, last, begun, transaction)
                }
                if deploymentID == nil { message = "nothing is repaired: the environment is not deployed, or is being deleted" }
            }
            if findings.contains(where: \.mustBeReplaced) {
                message =
                    "what can only be destroyed and made anew is not repaired: deploy a change of it, or delete it and deploy"
            }
            try await DriftStore.end(
                claim.reportID, .succeeded, message: message, findings: findings, deploymentID: deploymentID, context, transaction
            )
        }
    }

    /// The set that was deployed last, once more, for what has drifted alone.
    private func repair(
        _ repairs: [PlannedRepair], _ lastDeployID: String, _ begun: Begun, _ transaction: PostgresTransaction
    ) async throws -> String? {
        let context = begun.context
        guard let last = try await DeploymentStore.deployment(lastDeployID, ofApp: context.appID, transaction) else { return nil }
        var deployment = Deployment(
            id: RandomIdentifier.short(), envID: context.envID, setID: last.setID, deltaID: nil, fromID: last.id,
            comment: "repairs what drift report \(begun.report.id) found", createdAt: Timestamp(milliseconds: 0),
            createdBy: begun.report.createdBy, status: .pending, statusChangedAt: Timestamp(milliseconds: 0), mode: .incremental)
        deployment.valueSetVersionID = last.valueSetVersionID
        try await RunQueue.submit(deployment, kind: .deploy, orgID: context.orgID, appID: context.appID, transaction)
        try await DriftStore.setRepairs(repairs, of: deployment.id, transaction)
        try await InterventionStore.add(
            .repair, ["environment \(context.envID)"], reason: "drift report \(begun.report.id)", runID: deployment.id,
            by: begun.report.createdBy, appID: context.appID, envID: context.envID, transaction)
        try await EnvironmentStore.setLastDeploy(deployment.id, context.envID, appID: context.appID, transaction)
        return deployment.id
    }

    /// What passes is tried again; anything else ends the report with its cause.
    private func fail(_ claim: DriftQueue.Claim, _ error: any Error) async {
        logger.warning("drift not looked at", metadata: ["report": "\(claim.reportID)", "cause": "\(error)"])
        let isPassing = (error as? RoomError)?.isTransient ?? (error is PostgresError)
        do {
            if isPassing, !claim.isOverdue { return try await DriftQueue.leases.release(claim.lease, afterSeconds: 5, database) }
            try await giveUp(claim, (error as? RoomError)?.description ?? "the orchestrator's log has the cause")
        } catch {
            logger.warning("drift report not settled", metadata: ["report": "\(claim.reportID)", "cause": "\(error)"])
        }
    }

    private func giveUp(_ claim: DriftQueue.Claim, _ message: String) async throws {
        try await database.withOrg(claim.orgID) { transaction in
            guard try await DriftQueue.leases.finish(claim.lease, transaction) else { return }
            let context = EnvironmentContext(orgID: claim.orgID, appID: claim.appID, envID: claim.envID, envType: "")
            try await DriftStore.end(
                claim.reportID, .failed, message: message, findings: [], deploymentID: nil, context, transaction)
        }
    }
}
