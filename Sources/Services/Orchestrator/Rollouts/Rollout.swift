import Execution
import PlatformModel

/// A rollout, as it is on record.
struct Rollout: Sendable {
    enum Kind: String, Sendable, Codable {
        case definition, profile
    }

    var id: String
    var kind: Kind
    /// The definition's or the profile's id.
    var subject: String
    /// Of a definition; of a profile that is an organisation's own.
    var version: String?
    /// The active version that the rolled-out one takes the place of, when the first environment is deployed.
    var replaces: String?
    var envTypes: [String]
    var batchSize: Int
    var comment: String
    var createdAt: Timestamp
    var createdBy: String
    var statusChangedAt: Timestamp
    var status: RolloutStatus
    var startsWhenPlanned: Bool
    /// Empty in a list.
    var targets: [Target]

    /// An environment of it.
    struct Target: Sendable {
        var appID: String
        var envID: String
        var envType: String
        var rank: Int
        var batch = 0
        var state = RolloutTargetState.waiting
        /// Why it was left out, or failed.
        var reason = ""
        /// What its plan would do.
        var totals: PlanTotals?
        /// What its plan replaces or removes.
        var losing: [String] = []
        var attempt = 0
        var deploymentID: String?

        var id: String { "\(appID)/\(envID)" }
    }

    var machine: RolloutMachine {
        RolloutMachine(
            status: status,
            targets: targets.map { RolloutTarget(id: $0.id, rank: $0.rank, batch: $0.batch, state: $0.state) },
            startsWhenPlanned: startsWhenPlanned, batchSize: batchSize)
    }

    /// Takes one event, and what the machine made of it.
    mutating func apply(_ event: RolloutMachine.Event) throws(RolloutMachine.Violation) {
        var machine = machine
        try machine.apply(event)
        status = machine.status
        startsWhenPlanned = machine.startsWhenPlanned
        let after = Dictionary(machine.targets.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for index in targets.indices {
            guard let target = after[targets[index].id] else { continue }
            targets[index].state = target.state
            targets[index].batch = target.batch
        }
    }

    func target(_ id: String) -> Target? { targets.first { $0.id == id } }

    mutating func change(_ id: String, _ edit: (inout Target) -> Void) {
        guard let index = targets.firstIndex(where: { $0.id == id }) else { return }
        edit(&targets[index])
    }

    /// How a deployment of it is done: a profile that changed with Martlet changes workloads whose own content is the same.
    var mode: DeploymentMode { kind == .profile && version == nil ? .full : .incremental }

    /// `definition postgres-dev, version 1a2b`.
    var title: String { "\(kind.rawValue) \(subject)" + (version.map { ", version \($0)" } ?? "") }
}
