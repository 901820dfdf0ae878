import AccessControl
import Execution
import HTTPTypes
import Planning
import PlatformModel
import Postgres
import ServiceRuntime

/// Starts rollouts, lets them go on, and cancels them; the engine does the rest.
struct RolloutDesk: Sendable {
    /// Of one rollout.
    private static let mostTargets = 10_000

    func create(_ request: RolloutRequest, _ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Rollout {
        let id = call.newID(digits: 16)
        if let made = try await RolloutStore.rollout(id, transaction) { return made }
        let (kind, subject) = request.subject
        let found =
            switch kind {
            case .definition:
                try await RolloutSubject.definition(subject, version: request.version, call, transaction)
            case .profile: try await RolloutSubject.profile(subject, call, transaction)
            }
        let environments = found.environments
        if let running = try await RolloutStore.running(kind, subject, transaction) {
            throw HTTPFailure.conflict(
                "the rollout '\(running)' of the \(kind.rawValue) '\(subject)' is not over; let it end, or cancel it",
                details: ["rollout_id": .string(running)])
        }
        guard environments.count <= Self.mostTargets else {
            throw HTTPFailure.invalid(
                "\(environments.count) environments are affected, and one rollout goes to at most \(Self.mostTargets); name fewer env_types"
            )
        }
        let types = try await types(request.envTypes, transaction)
        var rollout = Rollout(
            id: id, kind: kind, subject: subject, version: found.version, replaces: found.replaces, envTypes: types,
            batchSize: request.batchSize ?? 5,
            comment: request.comment ?? "", createdAt: Timestamp(milliseconds: 0), createdBy: call.principal.id,
            statusChangedAt: Timestamp(milliseconds: 0), status: .planning, startsWhenPlanned: request.start ?? false,
            targets: environments.map { Self.target($0, types, call.principal) })
        rollout.status = rollout.machine.status
        try await RolloutQueueStore.enqueue(id, orgID: call.orgID, transaction)
        try await RolloutStore.insert(rollout, transaction)
        return try await require(id, transaction)
    }

    func require(_ id: String, _ transaction: PostgresTransaction) async throws -> Rollout {
        guard let rollout = try await RolloutStore.rollout(id, transaction) else { throw HTTPFailure.notFound("rollout", id) }
        return rollout
    }

    /// Lets it begin, or go on.
    func resume(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Rollout {
        try await change(call, transaction) { rollout in
            if rollout.status.isEnded, rollout.status != .succeeded,
                let running = try await RolloutStore.running(rollout.kind, rollout.subject, transaction)
            {
                throw HTTPFailure.conflict(
                    "the rollout '\(running)' of the \(rollout.kind.rawValue) '\(rollout.subject)' was begun meanwhile",
                    details: ["rollout_id": .string(running)])
            }
            try Self.apply(.resumed, to: &rollout, "resumed")
        }
    }

    func cancel(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> Rollout {
        try await change(call, transaction) { rollout in try Self.apply(.cancelled, to: &rollout, "cancelled") }
    }

    private func change(
        _ call: RouteCall, _ transaction: PostgresTransaction, _ edit: (inout Rollout) async throws -> Void
    ) async throws -> Rollout {
        let id = call.parameter("rolloutId")
        _ = try await require(id, transaction)
        try await RolloutQueueStore.enqueue(id, orgID: call.orgID, transaction)
        guard let rollout = try await RolloutStore.lock(id, transaction) else { throw HTTPFailure.notFound("rollout", id) }
        // It deploys in the name of whoever began it.
        guard rollout.createdBy == call.principal.id || call.principal.orgRole == .administrator else {
            throw HTTPFailure(
                .forbidden, "forbidden",
                "the rollout '\(id)' is \(rollout.createdBy)'s: only they, and administrators of the organization, may change it")
        }
        var changed = rollout
        try await edit(&changed)
        try await RolloutStore.update(from: rollout, to: changed, transaction)
        return try await require(id, transaction)
    }

    private static func apply(_ event: RolloutMachine.Event, to rollout: inout Rollout, _ word: String) throws {
        do throws(RolloutMachine.Violation) { try rollout.apply(event) } catch {
            throw HTTPFailure.conflict("the rollout '\(rollout.id)' is \(rollout.status.rawValue) and cannot be \(word)")
        }
    }

    /// The types that were asked for; otherwise all, in the order in which the organisation made them.
    private func types(_ asked: [String]?, _ transaction: PostgresTransaction) async throws -> [String] {
        let known = try await OrganizationStore.environmentTypesInOrder(transaction)
        guard let asked else { return known }
        for (index, type) in asked.enumerated() {
            guard known.contains(type) else {
                let nearest = nearestName(to: type, among: known).map { "; did you mean '\($0)'?" } ?? ""
                throw HTTPFailure.invalid("env_types[\(index)]: there is no environment type '\(type)'\(nearest)")
            }
        }
        return asked
    }

    private static func target(
        _ environment: EnvironmentContext, _ types: [String], _ principal: Principal
    ) -> Rollout.Target {
        let rank = types.firstIndex(of: environment.envType)
        var target = Rollout.Target(
            appID: environment.appID, envID: environment.envID, envType: environment.envType, rank: rank ?? types.count)
        if rank == nil {
            target.state = .leftOut
            target.reason = "its type is not among those that were asked for"
        } else if !RolloutAccess.mayDeploy(principal, environment) {
            target.state = .leftOut
            target.reason = "\(principal.name) may not deploy to it"
        }
        return target
    }
}

/// Who may deploy what a rollout deploys.
enum RolloutAccess {
    static func mayDeploy(_ principal: Principal, _ environment: EnvironmentContext) -> Bool {
        let target = AccessTarget(orgID: environment.orgID, appID: environment.appID, envType: environment.envType)
        return decide(principal, .deploy, on: target).isAllowed
    }
}
