/// Where a rollout stands.
package enum RolloutStatus: String, Sendable, Codable, CaseIterable {
    /// What it would do to each environment is being found out.
    case planning
    /// That is known, and somebody has to say yes.
    case planned
    case inProgress = "in progress"
    /// Something failed: what was begun goes to its end, nothing new begins.
    case stopping
    /// Somebody cancelled it: what was begun goes to its end, nothing new begins.
    case cancelling
    case succeeded, failed, cancelled

    package var isEnded: Bool { self == .succeeded || self == .failed || self == .cancelled }
}

/// Where one environment of a rollout stands.
package enum RolloutTargetState: String, Sendable, Codable, CaseIterable {
    /// Not planned yet.
    case waiting
    /// A deployment would change something.
    case planned
    /// A deployment would change nothing.
    case unchanged
    /// Not to be deployed: who asked may not, it cannot be planned, it is gone, ...
    case leftOut = "left out"
    case deploying, succeeded, failed

    /// Nothing more happens to it, unless the rollout is resumed.
    package var isSettled: Bool { self != .waiting && self != .planned && self != .deploying }
}

/// An environment that a rollout goes to.
package struct RolloutTarget: Sendable, Hashable {
    /// Unique in the rollout.
    package let id: String
    /// The place of its type in the order of types; lower ones go first.
    package let rank: Int
    /// From 1, once it is planned to be deployed; 0 before.
    package var batch: Int
    package var state: RolloutTargetState

    package init(id: String, rank: Int, batch: Int = 0, state: RolloutTargetState = .waiting) {
        self.id = id
        self.rank = rank
        self.batch = batch
        self.state = state
    }
}
