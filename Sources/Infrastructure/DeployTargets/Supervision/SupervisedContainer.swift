/// What is known of one container of a replica. No I/O; times are milliseconds of a steady clock.
struct SupervisedContainer: Sendable {
    /// A container without a readiness probe is ready once it has run this long.
    static let settling: Int64 = 500
    private static let stopAgain: Int64 = 10_000

    let plan: SupervisionPlan.Container
    private(set) var run: Int64?
    private var runningSince: Int64 = 0
    /// The end of its last run was seen.
    private(set) var hasEnded = false
    private(set) var exitCode: Int?
    private var startFailure: String?
    private(set) var nextStart: Int64 = 0
    private var nextStop: Int64 = 0
    private(set) var backoff = Backoff()
    /// Starts after the first one.
    private(set) var restarts = 0
    private var startup: ProbeState?
    private var readiness: ProbeState?
    private var liveness: ProbeState?
    /// Others come before it, and are not done.
    var isBlocked = false

    init(plan: SupervisionPlan.Container) { self.plan = plan }

    // MARK: What happened

    mutating func record(_ seen: ReplicaMachine.Observation, _ now: Int64) {
        switch seen.state {
        case .running where run != seen.run:
            if run != nil || hasEnded { restarts += 1 }
            run = seen.run
            runningSince = now
            hasEnded = false
            startFailure = nil
            nextStop = 0
            startup = plan.startup.map { ProbeState($0, startedAt: now) }
            readiness = nil
            liveness = nil
            if startup == nil { started() }
        case .running:
            backoff.ran(for: now - runningSince)
        case .exited where !hasEnded:
            // A run that began and ended between two looks is a run all the same.
            hasEnded = true
            exitCode = seen.exitCode
            if plan.initial == .ends, seen.exitCode == 0 {
                // It has done its work: how often it failed before is of no interest any more.
                backoff = Backoff()
            } else {
                nextStart = now + backoff.exited(afterRunning: run == nil ? 0 : now - runningSince)
            }
            startup = nil
            readiness = nil
            liveness = nil
        default: break
        }
    }

    /// The other probes begin; their delays count from the start of the run.
    private mutating func started() {
        readiness = plan.readiness.map { ProbeState($0, startedAt: runningSince) }
        liveness = plan.liveness.map { ProbeState($0, startedAt: runningSince) }
    }

    /// It is started now: the next look may find it ended again already.
    mutating func starting(_ now: Int64) {
        if hasEnded {
            hasEnded = false
            restarts += 1
            run = nil
        }
        nextStart = now + Backoff.first
    }

    mutating func startFailed(_ message: String, _ now: Int64) {
        startFailure = message
        nextStart = now + backoff.exited(afterRunning: 0)
    }

    mutating func rebuilt() { nextStart = 0 }

    /// What it did in a network that is gone must be done again.
    mutating func forgetEnd() {
        hasEnded = false
        exitCode = nil
        run = nil
    }

    mutating func probed(_ kind: ReplicaMachine.ProbeKind, passed: Bool, seen: String, now: Int64) {
        switch kind {
        case .startup:
            startup?.answeredByPeriod(passed, seen, now: now)
            if startup?.passing == true, readiness == nil, liveness == nil { started() }
        case .readiness: readiness?.answered(passed, seen, now: now)
        case .liveness: liveness?.answeredLiveness(passed, seen, now: now)
        }
    }

    // MARK: What is to be done

    /// The probes that are due while it runs.
    mutating func dueProbes(_ now: Int64) -> [ReplicaMachine.ProbeKind] {
        if isFailing { return [] }
        if startup != nil, startup?.passing != true { return startup?.isDue(now) == true ? [.startup] : [] }
        var due: [ReplicaMachine.ProbeKind] = []
        if readiness?.isDue(now) == true { due.append(.readiness) }
        if liveness?.isDue(now) == true { due.append(.liveness) }
        return due
    }

    /// A probe says that it must be ended; said again when it still runs after a while.
    mutating func mustStop(_ now: Int64) -> Bool {
        guard isFailing, now >= nextStop else { return false }
        nextStop = now + Self.stopAgain
        return true
    }

    private var isFailing: Bool { startup?.passing == false || liveness?.passing == false }

    // MARK: What it is

    var hasSucceeded: Bool { hasEnded && exitCode == 0 }

    /// It runs, and its startup probe, if any, has passed.
    var hasStarted: Bool { run != nil && !hasEnded && (startup == nil || startup?.passing == true) }

    func verdict(_ mayRestart: Bool, endsWell: Bool, now: Int64) -> ReplicaMachine.Verdict {
        if let startFailure { return .waiting("it does not start: \(startFailure)") }
        if hasEnded {
            let code = exitCode ?? 0
            if endsWell, code == 0 { return .succeeded }
            let text = "it ended with exit code \(code)\(Self.meaning(of: code))"
            return mayRestart ? .waiting(text) : .failed(text)
        }
        guard run != nil else { return isBlocked ? .preparing(nil) : .starting }
        if plan.initial == .ends { return .preparing("it has not ended yet, and others wait for that") }
        if let startup, startup.passing != true {
            return startup.lastSeen.map { .preparing("its startup probe does not pass: \($0)") } ?? .starting
        }
        guard let readiness else {
            return now - runningSince >= Self.settling || restarts > 0 ? .ready : .starting
        }
        switch readiness.passing {
        case true: return .ready
        case false: return .unready(readiness.lastSeen)
        default: return readiness.lastSeen == nil ? .starting : .unready(readiness.lastSeen)
        }
    }

    private static func meaning(of code: Int) -> String {
        switch code {
        case 125: " (its variables could not be set)"
        case 126: " (its command cannot be executed)"
        case 127: " (its command was not found)"
        case 137: " (killed: out of memory, or its liveness or startup probe failed)"
        default: code > 128 && code < 160 ? " (signal \(code - 128))" : ""
        }
    }
}
