/// What keeps one replica running: observations in, actions out. No I/O; times are milliseconds of a steady clock.
struct ReplicaMachine: Sendable {
    /// A container as Podman lists it.
    struct Observation: Sendable, Hashable {
        enum State: Sendable, Hashable { case created, running, exited, other }

        var state: State
        /// The process id while it runs: another one is another run.
        var run: Int64 = 0
        var exitCode = 0
        /// When its last run began: seconds of the wall clock, by Podman.
        var startedAt: Int64 = 0
    }

    enum ProbeKind: Sendable, Hashable { case startup, readiness, liveness }

    enum Action: Sendable, Hashable {
        /// The sandbox, which holds the network, is gone: everything in it starts anew.
        case rebuild
        case start(String)
        /// Ends a container whose liveness or startup probe failed; it starts again by its back-off.
        case stop(String)
        /// Ends a container that ran beside a Job, which is over.
        case dismiss(String)
        case probe(String, ProbeKind)
        /// Every container of a Job has ended: its network is of no use any more.
        case stopSandbox
    }

    /// What a container is doing, for people and for decisions.
    enum Verdict: Sendable, Hashable {
        case starting, ready
        /// It has not come to its work: others come before it, or it comes before others and is not done.
        case preparing(String?)
        case unready(String?)
        case waiting(String)
        case succeeded
        case failed(String)
    }

    let plan: SupervisionPlan
    private var containers: [String: SupervisedContainer] = [:]
    private var rebuildBackoff = Backoff()
    private var nextRebuild: Int64 = 0
    private var now: Int64 = 0
    /// Every container that comes before others was done in this network once: what happens to them later holds nothing up.
    private var isPrepared = false
    /// Not steered any more: it is being taken away.
    var isLeaving = false

    init(plan: SupervisionPlan) {
        self.plan = plan
        for container in plan.containers { containers[container.name] = SupervisedContainer(plan: container) }
    }

    // MARK: Steps

    /// - Parameter sandboxSince: When the sandbox's run began (seconds of the wall clock, by Podman).
    mutating func step(
        sandboxRuns: Bool, sandboxSince: Int64 = 0, observed: [String: Observation], now: Int64
    ) -> [Action] {
        self.now = now
        if isLeaving { return [] }
        for container in plan.containers {
            var seen = observed[container.name] ?? Observation(state: .other)
            // Its work was done in a network that is gone.
            if sandboxRuns, container.initial == .ends, seen.state == .exited, seen.startedAt < sandboxSince {
                containers[container.name]?.forgetEnd()
                seen.state = .created
            }
            containers[container.name]?.record(seen, now)
        }
        if plan.isJob, isOver { return endJob(sandboxRuns, observed) }
        guard sandboxRuns else {
            guard now >= nextRebuild else { return [] }
            nextRebuild = now + rebuildBackoff.exited(afterRunning: 0)
            return [.rebuild]
        }
        notePreparation(sandboxSince, observed)
        var actions: [Action] = [], isOpen = true
        for container in plan.containers {
            containers[container.name]?.isBlocked = !isOpen
            if isOpen || observed[container.name]?.state == .running { actions += steer(container, observed[container.name]) }
            if !isPrepared, !isDone(container) { isOpen = isOpen && container.initial == nil }
        }
        return actions
    }

    /// A main container that has run in this network shows that those before it were done, also to a runner that starts anew.
    private mutating func notePreparation(_ sandboxSince: Int64, _ observed: [String: Observation]) {
        isPrepared = plan.containers.contains { container in
            guard container.initial == nil, let seen = observed[container.name] else { return false }
            return seen.state == .running || seen.state == .exited && seen.startedAt >= sandboxSince
        }
    }

    /// What comes after it may start.
    private func isDone(_ container: SupervisionPlan.Container) -> Bool {
        switch container.initial {
        case .ends: containers[container.name]?.hasSucceeded == true
        case .runsOn: containers[container.name]?.hasStarted == true
        case nil: true
        }
    }

    private mutating func steer(_ plan: SupervisionPlan.Container, _ seen: Observation?) -> [Action] {
        guard var container = containers[plan.name], let seen else { return [] }
        defer { containers[plan.name] = container }
        switch seen.state {
        case .created, .exited:
            // Ended, and nothing is known of it: it ended in a network that is gone.
            let isFirst = seen.state == .created || !container.hasEnded
            guard now >= container.nextStart, isFirst || mayRestart(container) else { return [] }
            container.starting(now)
            return [.start(plan.name)]
        case .running:
            if container.mustStop(now) { return [.stop(plan.name)] }
            return container.dueProbes(now).map { .probe(plan.name, $0) }
        case .other:
            return []
        }
    }

    /// What runs on beside a Job is told to end, the last one of them first.
    private func endJob(_ sandboxRuns: Bool, _ observed: [String: Observation]) -> [Action] {
        if let last = plan.containers.last(where: { observed[$0.name]?.state == .running }) { return [.dismiss(last.name)] }
        return sandboxRuns ? [.stopSandbox] : []
    }

    private func mayRestart(_ container: SupervisedContainer) -> Bool {
        if container.plan.initial == .runsOn { return true }
        switch plan.restartPolicy {
        case .always: return container.plan.initial == nil || container.exitCode != 0
        case .onFailure, .never: return container.exitCode != 0 && container.restarts < plan.backoffLimit
        }
    }

    mutating func probed(_ name: String, _ kind: ProbeKind, run: Int64, passed: Bool, seen: String, now: Int64) {
        self.now = now
        // An answer about an earlier run says nothing of this one.
        guard containers[name]?.run == run else { return }
        containers[name]?.probed(kind, passed: passed, seen: seen, now: now)
    }

    mutating func startFailed(_ name: String, _ message: String, now: Int64) { containers[name]?.startFailed(message, now) }

    mutating func rebuilt() {
        rebuildBackoff = Backoff()
        for name in containers.keys { containers[name]?.rebuilt() }
    }

    // MARK: What it is now

    func run(of name: String) -> Int64? { containers[name]?.run }

    var restarts: Int { containers.values.map(\.restarts).reduce(0, +) }

    /// Exits or failed starts in a row of the container that fares worst.
    var exitsInARow: Int { containers.values.map(\.backoff.exits).max() ?? 0 }

    /// The command of a container is not there or cannot be executed: another start changes nothing.
    var cannotStart: Bool {
        containers.values.contains { $0.hasEnded && [126, 127].contains($0.exitCode) && $0.restarts > 0 }
    }

    /// A Job's containers have all ended for good, or one before them has failed for good. What runs on beside it does not count.
    var isOver: Bool {
        let verdicts = verdicts
        func hasEnded(_ container: SupervisionPlan.Container) -> Bool {
            switch verdicts[container.name] {
            case .succeeded, .failed: true
            default: false
            }
        }
        let hasFailedBefore = plan.containers.contains { container in
            if container.initial == .ends, case .failed = verdicts[container.name] { true } else { false }
        }
        return hasFailedBefore || plan.containers.filter { $0.initial == nil }.allSatisfy(hasEnded)
    }

    var verdicts: [String: Verdict] {
        containers.mapValues { container in
            let endsWell = container.plan.initial.map { $0 == .ends } ?? (plan.restartPolicy != .always)
            return container.verdict(mayRestart(container), endsWell: endsWell, now: now)
        }
    }

    /// Every container is ready; those that end before the others have.
    var isReady: Bool {
        let verdicts = verdicts
        return plan.containers.allSatisfy { verdicts[$0.name] == ($0.initial == .ends ? .succeeded : .ready) }
    }

    /// Nothing can be said yet: the first probe has not been answered.
    var isUndecided: Bool { verdicts.values.contains(.starting) }

    /// The container that keeps this replica from being ready, and why.
    var trouble: (container: String, message: String)? {
        let verdicts = verdicts
        // What ran on beside a Job was told to end: how it did says nothing.
        let isDone = plan.isJob && isOver
        let parts = plan.containers.filter { !isDone || $0.initial != .runsOn }
        for container in parts {
            switch verdicts[container.name] {
            case .waiting(let text), .failed(let text): return (container.name, text)
            case .unready(let text):
                return (container.name, "its readiness probe does not pass: \(text ?? "no answer yet")")
            default: continue
            }
        }
        for container in parts {
            if case .preparing(let text?) = verdicts[container.name] { return (container.name, text) }
        }
        return nil
    }
}
