import FaultPoints
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI

/// Orders an effect from the runner, under a grant of its own, and stays with it until it has ended; tells the other rooms what has.
struct RunnerOrder: Sendable {
    let runner: RoomClient
    let broker: RoomClient
    let logs: RoomClient
    let database: PostgresPool
    let control: RunControl
    /// Orders that leave nothing behind go together.
    private let pure: GroupCommit<ActionOrder, ActionReply>

    init(runner: RoomClient, broker: RoomClient, logs: RoomClient, database: PostgresPool, control: RunControl) {
        self.runner = runner
        self.broker = broker
        self.logs = logs
        self.database = database
        self.control = control
        pure = GroupCommit(limit: ActionOrder.Batch.limit) { _, orders in await Self.replies(to: orders, of: runner) }
    }

    private static func replies(to orders: [ActionOrder], of runner: RoomClient) async -> [Result<ActionReply, any Error>] {
        do {
            let answer: ActionOrder.Replies = try await runner.call(
                .put, ActionKey.batchPath, body: ActionOrder.Batch(orders), timeout: .seconds(30))
            return answer.replies.map { .success($0) }
        } catch {
            return orders.map { _ in .failure(error) }
        }
    }

    /// How long the runner may keep an answer back: as long as a step may go on after it is to stop.
    private static let look = 2

    /// - Parameters:
    ///   - reads: the secrets that the effect needs; nothing else of the broker's is shown for it.
    ///   - limit: after that the runner is told to stop.
    /// - Throws: `StepFailure` when it failed or its outcome is unknown; `TryLater` when a room does not answer; `LostClaim` when the
    ///   runner has seen a higher fence.
    func perform(
        _ step: ClaimedStep, object: String, verb: ActionVerb, work: ActionWork, reads: [SecretReference], limit: StepLimit
    ) async throws -> ActionOutputs {
        let key = ActionKey(
            deploymentID: step.claim.deploymentID, node: step.claim.node, verb: verb, attempt: step.claim.attempt)
        let grantID = "\(step.claim.deploymentID).\(verb.rawValue).\(step.claim.node)"
        let request = ActionRequest(
            fence: step.claim.fence, environment: step.context, grant: grantID, work: work,
            mayBeDone: step.mayBeDone ? true : nil)
        do {
            let order = ActionOrder(key: key, request: request)
            if order.isPure, step.stop == nil, let reply = try await atOnce(order, step) {
                return try Self.outputs(of: reply, object: object, verb: verb)
            }
            if !order.isPure {
                let grant = try await Grant.reading(
                    reads, step.context, writePrefix: step.context.resourcePrefix, standing: false, database)
                try await broker.send(.put, "/v1/grants/\(grantID)", body: grant)
            }
            let (reply, isLate) = try await followed(key, request, step, object, limit)
            try await OrchestratorFaults.afterOrder.reach()
            guard reply.state != .succeeded, isLate || step.denial != nil else {
                return try Self.outputs(of: reply, object: object, verb: verb)
            }
            let words = "\(reply.failure?.code ?? "") \(reply.failure?.message ?? "")", isUnknown = reply.state == .unknown
            if let denial = step.denial {
                throw denial.about(object, finding: words, isUnknown: isUnknown)
            }
            throw limit.failure(object, runnerSays: words, type: Self.type(of: verb), isUnknown: isUnknown)
        } catch let unsettled as UnsettledOrder {
            throw ending(with: unsettled.error, object, verb, mayBeDone: !ActionOrder(key: key, request: request).isPure)
        } catch let error as RoomError {
            // Refused, and so not done now; what an earlier claim ordered may be.
            let mayBeDone = step.hasBegun && !ActionOrder(key: key, request: request).isPure
            throw ending(with: error, object, verb, mayBeDone: mayBeDone)
        }
    }

    /// What becomes of a step whose order, or whose grant, brought no reply.
    private func ending(
        with error: RoomError, _ object: String, _ verb: ActionVerb, mayBeDone: Bool
    ) -> any Error {
        // It has seen a higher fence: whoever has that goes on.
        if error.room == runner.room, error.status == 409 { return LostClaim() }
        if error.isTransient { return TryLater(cause: error.description) }
        if case .cancelled = error.kind { return CancellationError() }
        let remedy = "; whether anything was done is not known: look at the real system, then say what you found"
        return StepFailure(
            object: object, code: "ORC-003", message: error.description + (mayBeDone ? remedy : ""), type: Self.type(of: verb),
            isUnknown: mayBeDone)
    }

    /// The reply to an order that leaves nothing behind, with others in one call; nil when it is to be asked for by itself.
    private func atOnce(_ order: ActionOrder, _ step: ClaimedStep) async throws -> ActionReply? {
        let reply: ActionReply
        do { reply = try await pure.submit(order, org: step.claim.orgID) } catch let error as RoomError where error.isUnclear {
            // One of them may be the cause.
            return nil
        }
        try await OrchestratorFaults.afterOrder.reach()
        return reply.state == .running ? nil : reply
    }

    /// The grant that a running workload keeps, replaced by each deployment.
    func keepStanding(_ step: ClaimedStep, reads: [SecretReference]) async throws {
        let grant = try await Grant.reading(reads, step.context, standing: true, database)
        try await asking {
            try await broker.send(.put, "/v1/grants/standing.\(step.claim.node)", body: grant)
        }
    }

    /// Ends the standing grants of workloads that are gone. One that is not there has ended.
    func endStanding(_ nodes: [String], _ step: ClaimedStep) async throws {
        for node in nodes {
            try await asking {
                do throws(RoomError) {
                    try await broker.send(.delete, "/v1/grants/standing.\(node)", query: [("org", step.context.orgID)])
                } catch {
                    guard error.status == 404 else { throw error }
                }
            }
        }
    }

    /// Ends the logs of an environment that is gone, and what the broker and the runner still keep of its resources, as of a detached one:
    /// one made later under its id begins without lines, secrets and states.
    func endLogs(_ step: ClaimedStep) async throws {
        let secrets = SecretDeleteRequest(grant: nil, orgID: step.context.orgID, prefix: step.context.resourcePrefix)
        try await asking { try await broker.send(.post, "/v1/secrets/delete", body: secrets) }
        try await asking { try await runner.send(.post, "/v1/environments/end", body: step.context) }
        try await asking { try await logs.send(.post, "/v1/logs/end", body: LogEnding(step.context), timeout: .seconds(60)) }
    }

    /// - Throws: `TryLater` when the room does not answer, or its answer tells nothing: all of this may be asked for twice.
    private func asking(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let error as RoomError where error.isTransient || error.isUnclear {
            throw TryLater(cause: error.description)
        }
    }

    /// Asks until the action has ended, or has stopped since its run was, or its time is over; its progress becomes events. After an
    /// answer that tells nothing it asks again, as after a lost connection: the key finds what was begun.
    private func followed(
        _ key: ActionKey, _ request: ActionRequest, _ step: ClaimedStep, _ object: String, _ limit: StepLimit
    ) async throws -> (reply: ActionReply, isLate: Bool) {
        var progress: String?, stop = step.stop, isLate = false, isTaken = false, unclear = UnclearAnswers(limit)
        while true {
            try Task.checkCancellation()
            let reply: ActionReply
            do {
                reply = try await ask(key, request, stop: stop, seen: progress)
                unclear.forget()
                isTaken = true
            } catch {
                isTaken = isTaken || error.isUnclear
                guard error.isUnclear, unclear.mayAskAgain() else { throw isTaken ? UnsettledOrder(error: error) : error }
                if stop == nil { (stop, isLate) = try await reasonToStop(step, limit) }
                try await Task.sleep(for: UnclearAnswers.pause)
                continue
            }
            guard reply.state == .running else { return (reply, isLate) }
            if stop == nil { (stop, isLate) = try await reasonToStop(step, limit) }
            if let line = reply.progress, line != progress {
                progress = line
                try await database.withOrg(step.claim.orgID) { transaction in
                    try await EventStore.append(
                        step.claim.deploymentID, object: object, status: "running", message: line, transaction)
                }
            }
        }
    }

    /// One order, or, with a reason to stop, one word to do so.
    private func ask(
        _ key: ActionKey, _ request: ActionRequest, stop: String?, seen progress: String?
    ) async throws(RoomError) -> ActionReply {
        var query = [("wait", "\(Self.look)")]
        if let progress { query.append(("seen", progress)) }
        guard let stop else {
            return try await runner.call(.put, key.path, query: query, body: request, timeout: .seconds(30))
        }
        return try await runner.call(
            .post, key.stopPath, query: query, body: ActionStop(order: request, reason: stop), timeout: .seconds(30))
    }

    private func reasonToStop(_ step: ClaimedStep, _ limit: StepLimit) async throws -> (reason: String?, isLate: Bool) {
        let claim = step.claim
        let obstacle = try await database.withOrg(claim.orgID) { transaction in
            try await RunControlStore.obstacle(to: claim, limit: limit.seconds, transaction)
        }
        switch obstacle {
        case .runStopped(let stop): return (stop.reason, false)
        case .stepLate: return ("it took longer than \(limit.seconds) s", true)
        case .runOverdue:
            // Seen as stopped the next time.
            try await control.stopOverdue(claim.deploymentID, orgID: claim.orgID)
            return (nil, false)
        case nil: return (nil, false)
        }
    }

    private static func outputs(of reply: ActionReply, object: String, verb: ActionVerb) throws(StepFailure) -> ActionOutputs {
        switch reply.state {
        case .succeeded: return reply.outputs ?? ActionOutputs()
        case .failed, .unknown, .running:
            let failure = reply.failure
            throw StepFailure(
                object: object, code: failure?.code ?? "ORC-004",
                message: failure?.message ?? "the runner gave no reason; its log has the cause", type: type(of: verb),
                isUnknown: reply.state == .unknown)
        }
    }

    private static func type(of verb: ActionVerb) -> String {
        switch verb {
        case .provision: "provision"
        case .destroy: "destroy"
        case .deploy, .remove: "deploy"
        }
    }
}

/// The runner has taken the order, or may have, and does not say what became of it.
private struct UnsettledOrder: Error {
    var error: RoomError
}

extension EnvironmentContext {
    /// Where the secrets of the environment's resources are kept.
    var resourcePrefix: String { "orgs/\(orgID)/apps/\(appID)/envs/\(envID)/resources" }
}
