/// The state machine of a run (a deployment, or a destruction): events in, actions out. It holds no clock, no queue and no rows:
/// whoever drives it performs the actions in the same transaction that records the event (architecture.md section 4).
package struct RunMachine: Sendable {
    package enum Event: Sendable, Hashable {
        /// The run begins: what depends on nothing becomes ready.
        case started
        /// A worker claimed the step; also after a lost worker's claim ran out.
        case claimed(String)
        case ended(String, Outcome)
        /// People, or a limit of time, stop the run: what waits never begins, what was begun is told to stop and ends as it ends.
        case stopped
        /// A step of a stopped run was taken out of the queue before anybody began it.
        case withdrawn(String)
        /// Steps that failed, or never began, are to be tried once more; one whose outcome is unknown only when people say so.
        case retried(Set<String>)
        /// People found that a step whose outcome was unknown has done what it was for.
        case settled(String)
    }

    package enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed, unknown
    }

    package enum Action: Sendable, Hashable {
        case enqueue(String)
        /// The step will not run, because of another that did not succeed; nil: because the run was stopped.
        case skip(String, because: String?)
        /// The step is in the queue or at work: it is to be withdrawn, or told to stop.
        case stop(String)
        /// A step that was skipped waits for its dependencies again.
        case wait(String)
        /// The step's next attempt is to be put in the queue.
        case retry(String)
        /// Every step has ended.
        case finish(succeeded: Bool)
    }

    /// What cannot be: the driver of the machine lost track.
    package enum Violation: Error, Sendable, Hashable {
        case noSuchStep(String)
        case notReady(String, StepState)
        case endedBefore(String, StepState)
        case unknownDependency(step: String, dependency: String)
        /// Only what failed, is unknown, or was skipped without anything in its way can be tried once more.
        case notRetryable(String, StepState)
        /// Only an unknown outcome can be settled.
        case notUnknown(String, StepState)
        /// Only a stopped run lets go of what is in its queue.
        case notStopped
    }

    package private(set) var steps: [String: RunStep]
    /// Nothing more begins, and the run has failed whatever its steps say.
    package private(set) var isStopped: Bool
    private let dependents: [String: [String]]

    /// - Throws: `.unknownDependency` when a step waits for one that is not in the run.
    package init(_ steps: [RunStep], isStopped: Bool = false) throws(Violation) {
        self.steps = Dictionary(steps.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        self.isStopped = isStopped
        var dependents: [String: [String]] = [:]
        for step in steps {
            for dependency in step.dependsOn {
                guard self.steps[dependency] != nil else {
                    throw .unknownDependency(step: step.id, dependency: dependency)
                }
                dependents[dependency, default: []].append(step.id)
            }
        }
        self.dependents = dependents
    }

    /// Takes one event. The actions come in a stable order.
    package mutating func apply(_ event: Event) throws(Violation) -> [Action] {
        switch event {
        case .started:
            if isStopped { return skipAll() + finishIfDone() }
            let ready = steps.values.filter { $0.state == .waiting && isFree($0) }.map(\.id).sorted()
            for id in ready { steps[id]?.state = .ready }
            return ready.map(Action.enqueue) + finishIfDone()
        case .claimed(let id):
            let step = try step(id)
            guard step.state == .ready || step.state == .running else { throw .notReady(id, step.state) }
            steps[id]?.state = .running
            return []
        case .ended(let id, let outcome): return try ended(id, outcome)
        case .stopped:
            isStopped = true
            let stopped = steps.values.filter { $0.state == .ready || $0.state == .running }.map(\.id).sorted()
            return skipAll() + stopped.map(Action.stop) + finishIfDone()
        case .withdrawn(let id):
            let step = try step(id)
            guard isStopped else { throw .notStopped }
            guard step.state == .ready else { throw .notReady(id, step.state) }
            steps[id]?.state = .skipped
            return [.skip(id, because: nil)] + finishIfDone()
        case .retried(let ids): return try retried(ids)
        case .settled(let id): return try settled(id)
        }
    }

    private func step(_ id: String) throws(Violation) -> RunStep {
        guard let step = steps[id] else { throw .noSuchStep(id) }
        return step
    }

    private mutating func ended(_ id: String, _ outcome: Outcome) throws(Violation) -> [Action] {
        let step = try step(id)
        guard !step.state.isEnded else { throw .endedBefore(id, step.state) }
        guard step.state != .waiting else { throw .notReady(id, step.state) }
        switch outcome {
        case .succeeded: steps[id]?.state = .succeeded
        case .failed: steps[id]?.state = .failed
        case .unknown: steps[id]?.state = .unknown
        }
        let consequences = outcome == .succeeded ? release(after: id) : skip(after: id)
        // What a step brought along after its run was stopped (a plan's steps) never begins.
        return (isStopped ? skipAll() : consequences) + finishIfDone()
    }

    private mutating func release(after id: String) -> [Action] {
        guard !isStopped else { return [] }
        let ready = dependents[id, default: []].filter { dependent in
            steps[dependent].map { $0.state == .waiting && isFree($0) } ?? false
        }
        for id in ready { steps[id]?.state = .ready }
        return ready.sorted().map(Action.enqueue)
    }

    /// Everything that needs the step, directly or not, will never run.
    private mutating func skip(after id: String) -> [Action] {
        guard !isStopped else { return [] }
        var skipped: [String] = []
        var pending = [id]
        while let cause = pending.popLast() {
            for dependent in dependents[cause, default: []] where steps[dependent]?.state == .waiting {
                steps[dependent]?.state = .skipped
                skipped.append(dependent)
                pending.append(dependent)
            }
        }
        return skipped.sorted().map { .skip($0, because: id) }
    }

    private mutating func skipAll() -> [Action] {
        let waiting = steps.values.filter { $0.state == .waiting }.map(\.id).sorted()
        for id in waiting { steps[id]?.state = .skipped }
        return waiting.map { .skip($0, because: nil) }
    }

    private func isFree(_ step: RunStep) -> Bool {
        step.dependsOn.allSatisfy { steps[$0]?.state == .succeeded }
    }

    private func finishIfDone() -> [Action] {
        guard steps.values.allSatisfy(\.state.isEnded) else { return [] }
        return [.finish(succeeded: !isStopped && steps.values.allSatisfy { $0.state == .succeeded })]
    }
}

/// What people do once a run, or a part of it, did not succeed.
extension RunMachine {
    /// What is tried once more when nobody says what: all that failed, and all that a stop kept from beginning. Never what is unknown.
    package var retryable: Set<String> {
        Set(steps.values.filter { $0.state == .failed || ($0.state == .skipped && isFree($0)) }.map(\.id))
    }

    /// The steps because of which a step was skipped; empty when the run was stopped before it began.
    package func causes(ofSkipped id: String) -> [String] {
        var seen: Set = [id], pending = [id], causes: [String] = []
        while let next = pending.popLast() {
            for dependency in steps[next]?.dependsOn ?? [] where seen.insert(dependency).inserted {
                switch steps[dependency]?.state {
                case .failed, .unknown: causes.append(dependency)
                case .skipped: pending.append(dependency)
                case .waiting, .ready, .running, .succeeded, nil: break
                }
            }
        }
        return causes.sorted()
    }

    private mutating func retried(_ ids: Set<String>) throws(Violation) -> [Action] {
        for id in ids.sorted() {
            let step = try step(id)
            switch step.state {
            case .failed, .unknown: break
            case .skipped where isFree(step): break
            case .skipped, .waiting, .ready, .running, .succeeded: throw .notRetryable(id, step.state)
            }
        }
        isStopped = false
        for id in ids { steps[id]?.state = .ready }
        return ids.sorted().map(Action.retry) + revive(after: ids) + finishIfDone()
    }

    private mutating func settled(_ id: String) throws(Violation) -> [Action] {
        let step = try step(id)
        guard step.state == .unknown else { throw .notUnknown(id, step.state) }
        steps[id]?.state = .succeeded
        guard !isStopped else { return finishIfDone() }
        return revive(after: [id]) + release(after: id) + finishIfDone()
    }

    /// What was skipped because of these steps, and of nothing else, waits again.
    private mutating func revive(after ids: Set<String>) -> [Action] {
        var pending = ids.sorted(), revived: [String] = []
        while let next = pending.popLast() {
            for dependent in dependents[next, default: []] {
                guard let step = steps[dependent], step.state == .skipped, mayWait(step) else { continue }
                steps[dependent]?.state = .waiting
                revived.append(dependent)
                pending.append(dependent)
            }
        }
        return revived.sorted().map(Action.wait)
    }

    /// Nothing that it needs stands in its way for good.
    private func mayWait(_ step: RunStep) -> Bool {
        step.dependsOn.allSatisfy { id in
            switch steps[id]?.state {
            case .waiting, .ready, .running, .succeeded: true
            case .failed, .unknown, .skipped, nil: false
            }
        }
    }
}
