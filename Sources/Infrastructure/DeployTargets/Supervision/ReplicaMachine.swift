/// What keeps one replica running: observations in, actions out. No I/O; times are milliseconds of a steady clock.
struct ReplicaMachine: Sendable {
    /// A container as Podman lists it.
    struct Observation: Sendable, Hashable {
        enum State: Sendable, Hashable { case created, running, exited, other }

        var state: State
        /// The process id while it runs: another one is another run.
        var run: Int64 = 0
        var exitCode = 0
    }

    enum ProbeKind: Sendable, Hashable { case readiness, liveness }

    enum Action: Sendable, Hashable {
        /// The sandbox, which holds the network, is gone: everything in it starts anew.
        case rebuild
        case start(String)
        /// Ends a container whose liveness probe failed; it starts again by its back-off.
        case stop(String)
        case probe(String, ProbeKind)
        /// Every container of a Job has ended: its network is of no use any more.
        case stopSandbox
    }

    /// What a container is doing, for people and for decisions.
    enum Verdict: Sendable, Hashable {
        case starting, ready
        case unready(String?)
        case waiting(String)
        case succeeded
        case failed(String)
    }

    private struct Container: Sendable {
        var run: Int64?
        var runningSince: Int64 = 0
        var recordedExit = false
        var exitCode: Int?
        var startFailure: String?
        var nextStart: Int64 = 0
        var backoff = Backoff()
        var starts = 0
        var readiness: ProbeState?
        var liveness: ProbeState?
    }

    /// A container without a readiness probe is ready once it has run this long.
    static let settling: Int64 = 500

    let plan: SupervisionPlan
    private var containers: [String: Container] = [:]
    private var rebuildBackoff = Backoff()
    private var nextRebuild: Int64 = 0
    private var now: Int64 = 0
    /// Not steered any more: it is being taken away.
    var isLeaving = false

    init(plan: SupervisionPlan) {
        self.plan = plan
        for container in plan.containers { containers[container.name] = Container() }
    }

    // MARK: Steps

    mutating func step(sandboxRuns: Bool, observed: [String: Observation], now: Int64) -> [Action] {
        self.now = now
        if isLeaving { return [] }
        for container in plan.containers {
            record(container, observed[container.name] ?? Observation(state: .other), now)
        }
        if plan.isJob, containers.values.allSatisfy({ $0.recordedExit }), isOver { return sandboxRuns ? [.stopSandbox] : [] }
        guard sandboxRuns else {
            guard now >= nextRebuild else { return [] }
            nextRebuild = now + rebuildBackoff.exited(afterRunning: 0)
            return [.rebuild]
        }
        return plan.containers.flatMap { steer($0.name, observed[$0.name], now) }
    }

    private mutating func record(_ plan: SupervisionPlan.Container, _ seen: Observation, _ now: Int64) {
        guard var container = containers[plan.name] else { return }
        switch seen.state {
        case .running where container.run != seen.run:
            if container.run != nil || container.recordedExit { container.starts += 1 }
            container.run = seen.run
            container.runningSince = now
            container.recordedExit = false
            container.startFailure = nil
            container.readiness = plan.readiness.map { ProbeState($0, startedAt: now) }
            container.liveness = plan.liveness.map { ProbeState($0, startedAt: now) }
        case .running:
            container.backoff.ran(for: now - container.runningSince)
        case .exited where !container.recordedExit:
            // A run that began and ended between two looks is a run all the same.
            container.recordedExit = true
            container.exitCode = seen.exitCode
            container.nextStart =
                now + container.backoff.exited(afterRunning: container.run == nil ? 0 : now - container.runningSince)
            container.readiness = nil
            container.liveness = nil
        default: break
        }
        containers[plan.name] = container
    }

    private mutating func steer(_ name: String, _ seen: Observation?, _ now: Int64) -> [Action] {
        guard var container = containers[name], let seen else { return [] }
        defer { containers[name] = container }
        switch seen.state {
        case .created, .exited:
            guard now >= container.nextStart, seen.state == .created || mayRestart(container) else { return [] }
            // Counted now: the next look may find it exited again already.
            if container.recordedExit { container.recordedExit = false; container.starts += 1; container.run = nil }
            container.nextStart = now + Backoff.first
            return [.start(name)]
        case .running:
            if container.liveness?.passing == false {
                container.liveness = nil
                return [.stop(name)]
            }
            var actions: [Action] = []
            if container.readiness?.isDue(now) == true { actions.append(.probe(name, .readiness)) }
            if container.liveness?.isDue(now) == true { actions.append(.probe(name, .liveness)) }
            return actions
        case .other:
            return []
        }
    }

    private func mayRestart(_ container: Container) -> Bool {
        switch plan.restartPolicy {
        case .always: true
        case .onFailure, .never: container.exitCode != 0 && container.starts < plan.backoffLimit
        }
    }

    mutating func probed(_ name: String, _ kind: ProbeKind, run: Int64, passed: Bool, seen: String, now: Int64) {
        self.now = now
        // An answer about an earlier run says nothing of this one.
        guard containers[name]?.run == run else { return }
        switch kind {
        case .readiness: containers[name]?.readiness?.answered(passed, seen, now: now)
        case .liveness: containers[name]?.liveness?.answeredLiveness(passed, seen, now: now)
        }
    }

    mutating func startFailed(_ name: String, _ message: String, now: Int64) {
        guard var container = containers[name] else { return }
        container.startFailure = message
        container.nextStart = now + container.backoff.exited(afterRunning: 0)
        containers[name] = container
    }

    mutating func rebuilt() {
        rebuildBackoff = Backoff()
        for name in containers.keys { containers[name]?.nextStart = 0 }
    }

    // MARK: What it is now

    func run(of name: String) -> Int64? { containers[name]?.run }

    var restarts: Int { containers.values.map(\.starts).reduce(0, +) }

    /// Exits or failed starts in a row of the container that fares worst.
    var exitsInARow: Int { containers.values.map(\.backoff.exits).max() ?? 0 }

    /// The command of a container is not there or cannot be executed: another start changes nothing.
    var cannotStart: Bool {
        containers.values.contains { $0.recordedExit && [126, 127].contains($0.exitCode) && $0.starts > 0 }
    }

    /// A Job's containers have all ended for good.
    var isOver: Bool {
        verdicts.values.allSatisfy { verdict in
            switch verdict {
            case .succeeded, .failed: true
            default: false
            }
        }
    }

    var verdicts: [String: Verdict] {
        containers.mapValues { container in
            if let failure = container.startFailure { return .waiting("it does not start: \(failure)") }
            if container.recordedExit {
                let code = container.exitCode ?? 0
                if plan.restartPolicy != .always, code == 0 { return .succeeded }
                let text = "it ended with exit code \(code)\(Self.meaning(of: code))"
                return mayRestart(container) ? .waiting(text) : .failed(text)
            }
            guard container.run != nil else { return .starting }
            guard let readiness = container.readiness else {
                return now - container.runningSince >= Self.settling || container.starts > 0 ? .ready : .starting
            }
            switch readiness.passing {
            case true: return .ready
            case false: return .unready(readiness.lastSeen)
            default: return readiness.lastSeen == nil ? .starting : .unready(readiness.lastSeen)
            }
        }
    }

    /// Every container is ready.
    var isReady: Bool { verdicts.values.allSatisfy { $0 == .ready } }

    /// Nothing can be said yet: the first probe has not been answered.
    var isUndecided: Bool { verdicts.values.contains(.starting) }

    /// The container that keeps this replica from being ready, and why.
    var trouble: (container: String, message: String)? {
        for (name, verdict) in verdicts.sorted(by: { $0.key < $1.key }) {
            switch verdict {
            case .waiting(let text), .failed(let text): return (name, text)
            case .unready(let text): return (name, "its readiness probe does not pass: \(text ?? "no answer yet")")
            case .starting, .ready, .succeeded: continue
            }
        }
        return nil
    }

    private static func meaning(of code: Int) -> String {
        switch code {
        case 125: " (its variables could not be set)"
        case 126: " (its command cannot be executed)"
        case 127: " (its command was not found)"
        case 137: " (killed: out of memory, or its liveness probe failed)"
        default: code > 128 && code < 160 ? " (signal \(code - 128))" : ""
        }
    }
}
