/// One probe of one run of a container: when it is due, and what its answers mean.
struct ProbeState: Sendable, Hashable {
    /// Until a probe has passed once it is asked this often, so that a rollout does not wait for a long period.
    static let eager: Int64 = 250
    private static let eagerLimit = 20

    let plan: ProbePlan
    /// nil: not decided yet.
    private(set) var passing: Bool?
    private(set) var lastSeen: String?
    private var nextAt: Int64
    private var passes = 0
    private var failures = 0
    private var everPassed = false
    private(set) var isAsking = false
    /// Until then failures do not count.
    private var countedUntil: Int64 = 0
    private var eagerAnswers = 0

    init(_ plan: ProbePlan, startedAt: Int64) {
        self.plan = plan
        nextAt = startedAt + Int64(plan.initialDelay) * 1000
    }

    mutating func isDue(_ now: Int64) -> Bool {
        guard !isAsking, now >= nextAt else { return false }
        isAsking = true
        return true
    }

    mutating func answered(_ passed: Bool, _ seen: String, now: Int64) {
        isAsking = false
        lastSeen = seen
        if passed {
            passes += 1
            failures = 0
            if passes >= plan.successThreshold {
                passing = true
                everPassed = true
            }
        } else {
            failures += 1
            passes = 0
            if failures >= plan.failureThreshold { passing = false }
        }
        let period = Int64(plan.period) * 1000
        nextAt = now + (everPassed || passing == false && failures > Self.eagerLimit ? period : min(period, Self.eager))
    }

    /// Asked eagerly, while failures count once in a period: a start is noticed at once, and has all the time that it was given.
    mutating func answeredByPeriod(_ passed: Bool, _ seen: String, now: Int64) {
        let counted = failures
        answered(passed, seen, now: now)
        guard !passed else { return }
        if now < countedUntil {
            failures = counted
            passing = counted >= plan.failureThreshold ? false : nil
        } else {
            countedUntil = now + Int64(plan.period) * 1000
        }
        eagerAnswers += 1
        // An exec probe costs two processes: who is slow is asked when it counts.
        nextAt = eagerAnswers > Self.eagerLimit ? countedUntil : min(countedUntil, now + Self.eager)
    }

    /// Failures count in periods, not in eager questions: a slow start must not look like a dead program.
    mutating func answeredLiveness(_ passed: Bool, _ seen: String, now: Int64) {
        answered(passed, seen, now: now)
        nextAt = now + Int64(plan.period) * 1000
    }
}
