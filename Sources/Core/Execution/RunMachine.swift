/// The state machine of a run (a deployment, or a destruction): events in, actions out. It holds no clock, no queue and no rows:
/// whoever drives it performs the actions in the same transaction that records the event (architecture.md section 4).
package struct RunMachine: Sendable {
    package enum Event: Sendable, Hashable {
        /// The run begins: what depends on nothing becomes ready.
        case started
        /// A worker claimed the step; also after a lost worker's claim ran out.
        case claimed(String)
        case ended(String, Outcome)
    }

    package enum Outcome: String, Sendable, CaseIterable {
        case succeeded, failed, unknown
    }

    package enum Action: Sendable, Hashable {
        case enqueue(String)
        /// The step will never run, because of another that did not succeed.
        case skip(String, because: String)
        /// Every step has ended.
        case finish(succeeded: Bool)
    }

    /// What cannot be: the driver of the machine lost track.
    package enum Violation: Error, Sendable, Hashable {
        case noSuchStep(String)
        case notReady(String, StepState)
        case endedBefore(String, StepState)
        case unknownDependency(step: String, dependency: String)
    }

    package private(set) var steps: [String: RunStep]
    private let dependents: [String: [String]]

    /// - Throws: `.unknownDependency` when a step waits for one that is not in the run.
    package init(_ steps: [RunStep]) throws(Violation) {
        self.steps = Dictionary(steps.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
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
            let ready = steps.values.filter { $0.state == .waiting && isFree($0) }.map(\.id).sorted()
            for id in ready { steps[id]?.state = .ready }
            return ready.map(Action.enqueue) + finishIfDone()
        case .claimed(let id):
            guard let step = steps[id] else { throw .noSuchStep(id) }
            guard step.state == .ready || step.state == .running else { throw .notReady(id, step.state) }
            steps[id]?.state = .running
            return []
        case .ended(let id, let outcome):
            return try ended(id, outcome)
        }
    }

    private mutating func ended(_ id: String, _ outcome: Outcome) throws(Violation) -> [Action] {
        guard let step = steps[id] else { throw .noSuchStep(id) }
        guard !step.state.isEnded else { throw .endedBefore(id, step.state) }
        guard step.state != .waiting else { throw .notReady(id, step.state) }
        switch outcome {
        case .succeeded: steps[id]?.state = .succeeded
        case .failed: steps[id]?.state = .failed
        case .unknown: steps[id]?.state = .unknown
        }
        let consequences = outcome == .succeeded ? release(after: id) : skip(after: id)
        return consequences + finishIfDone()
    }

    private mutating func release(after id: String) -> [Action] {
        let ready = dependents[id, default: []].filter { dependent in
            steps[dependent].map { $0.state == .waiting && isFree($0) } ?? false
        }
        for id in ready { steps[id]?.state = .ready }
        return ready.sorted().map(Action.enqueue)
    }

    /// Everything that needs the step, directly or not, will never run.
    private mutating func skip(after id: String) -> [Action] {
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

    private func isFree(_ step: RunStep) -> Bool {
        step.dependsOn.allSatisfy { steps[$0]?.state == .succeeded }
    }

    private func finishIfDone() -> [Action] {
        guard steps.values.allSatisfy(\.state.isEnded) else { return [] }
        return [.finish(succeeded: steps.values.allSatisfy { $0.state == .succeeded })]
    }
}
