/// The state machine of a rollout: a changed definition, or profile, brought to environments batch by batch.
///
/// What is to be done next follows from the state alone (`work`), so that whoever takes over from a lost worker does what that one would
/// have done. It holds no clock and no rows; whoever drives it records the new state in the transaction of the event.
package struct RolloutMachine: Sendable, Hashable {
    package enum Event: Sendable, Hashable {
        /// It is known what a deployment would do to a waiting target: `planned`, `unchanged` or `leftOut`.
        case planned(String, RolloutTargetState)
        /// A planned target's deployment is on record.
        case deploying(String)
        /// Meanwhile there is nothing left to do for a planned target.
        case satisfied(String)
        /// A planned target may not be deployed any more; counts as a failure.
        case blocked(String)
        case ended(String, succeeded: Bool)
        /// The environment is not there any more.
        case gone(String)
        /// Somebody said yes to the plan, or wants a rollout that ended early to go on.
        case resumed
        case cancelled
    }

    package enum Work: Sendable, Hashable {
        case plan(String)
        case deploy(String)
        /// Look whether its deployment has ended.
        case watch(String)
    }

    /// What cannot be.
    package enum Violation: Error, Sendable, Hashable {
        case noSuchTarget(String)
        case notNow(RolloutStatus)
        case wrongState(String, RolloutTargetState)
    }

    package private(set) var status: RolloutStatus
    /// In the order of their types, then by id.
    package private(set) var targets: [RolloutTarget]
    /// Whether it goes on by itself once everything is planned.
    package private(set) var startsWhenPlanned: Bool
    /// Environments at a time, at least 1.
    package let batchSize: Int

    /// A rollout as it is on record; a new one is `planning`, and over at once when it has no target to plan.
    package init(status: RolloutStatus, targets: [RolloutTarget], startsWhenPlanned: Bool, batchSize: Int) {
        self.status = status
        self.targets = targets.sorted { ($0.rank, $0.id) < ($1.rank, $1.id) }
        self.startsWhenPlanned = startsWhenPlanned
        self.batchSize = max(1, batchSize)
        settle()
    }

    /// What is to be done now, in order.
    package var work: [Work] {
        let watched = targets.filter { $0.state == .deploying }.map { Work.watch($0.id) }
        switch status {
        case .planning: return targets.filter { $0.state == .waiting }.map { .plan($0.id) }
        case .inProgress:
            return watched + targets.filter { $0.state == .planned && $0.batch == currentBatch }.map { .deploy($0.id) }
        case .stopping, .cancelling: return watched
        case .planned, .succeeded, .failed, .cancelled: return []
        }
    }

    /// The lowest batch that is not through.
    private var currentBatch: Int? { targets.filter { $0.state == .planned || $0.state == .deploying }.map(\.batch).min() }

    /// Takes one event; nothing changes where it throws.
    package mutating func apply(_ event: Event) throws(Violation) {
        switch event {
        case .planned(let id, let outcome):
            guard [.planned, .unchanged, .leftOut].contains(outcome) else { throw .wrongState(id, outcome) }
            try move(id, from: [.waiting], to: outcome, during: [.planning])
        case .deploying(let id): try move(id, from: [.planned], to: .deploying, during: [.inProgress])
        case .satisfied(let id): try move(id, from: [.planned], to: .unchanged, during: [.inProgress])
        case .blocked(let id):
            try move(id, from: [.planned], to: .failed, during: [.inProgress])
            status = .stopping
        case .ended(let id, let succeeded):
            try move(id, from: [.deploying], to: succeeded ? .succeeded : .failed, during: [.inProgress, .stopping, .cancelling])
            if !succeeded, status == .inProgress { status = .stopping }
        case .gone(let id):
            try move(
                id, from: [.waiting, .planned, .deploying], to: .leftOut,
                during: [.planning, .planned, .inProgress, .stopping, .cancelling])
        case .resumed: try resume()
        case .cancelled: try cancel()
        }
        settle()
    }

    private mutating func move(
        _ id: String, from states: Set<RolloutTargetState>, to state: RolloutTargetState, during statuses: Set<RolloutStatus>
    ) throws(Violation) {
        guard let index = targets.firstIndex(where: { $0.id == id }) else { throw .noSuchTarget(id) }
        guard statuses.contains(status) else { throw .notNow(status) }
        guard states.contains(targets[index].state) else { throw .wrongState(id, targets[index].state) }
        targets[index].state = state
    }

    private mutating func resume() throws(Violation) {
        switch status {
        case .planning: startsWhenPlanned = true
        case .planned: status = .inProgress
        case .inProgress: break
        case .failed, .cancelled:
            startsWhenPlanned = true
            // Whatever failed was repaired, or so somebody says: what is to be done there is found out again.
            for index in targets.indices where targets[index].state == .failed { targets[index].state = .waiting }
            status = .planning
        case .stopping, .cancelling, .succeeded: throw .notNow(status)
        }
    }

    private mutating func cancel() throws(Violation) {
        switch status {
        case .planning, .planned: status = .cancelled
        case .inProgress: status = .cancelling
        // It is stopping already, or has stopped for this reason.
        case .stopping, .cancelling, .cancelled: break
        case .succeeded, .failed: throw .notNow(status)
        }
    }

    /// The status that the targets' states lead to.
    private mutating func settle() {
        let states = targets.map(\.state)
        switch status {
        case .planning:
            guard !states.contains(.waiting) else { return }
            guard states.contains(.planned) else {
                status = .succeeded
                return
            }
            assignBatches()
            status = startsWhenPlanned ? .inProgress : .planned
        case .planned where !states.contains(.planned): status = .succeeded
        case .inProgress where !states.contains(.planned) && !states.contains(.deploying): status = .succeeded
        case .stopping where !states.contains(.deploying): status = .failed
        case .cancelling where !states.contains(.deploying): status = .cancelled
        case .planned, .inProgress, .stopping, .cancelling, .succeeded, .failed, .cancelled: break
        }
    }

    /// Batches never hold two types, and go on counting behind those that are through.
    private mutating func assignBatches() {
        var batch = targets.filter { $0.state != .planned }.map(\.batch).max() ?? 0
        var rank: Int?, filled = 0
        for index in targets.indices where targets[index].state == .planned {
            if rank != targets[index].rank || filled == batchSize {
                batch += 1
                filled = 0
                rank = targets[index].rank
            }
            targets[index].batch = batch
            filled += 1
        }
    }
}
