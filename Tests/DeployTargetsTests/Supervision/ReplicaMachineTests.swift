import Testing

@testable import DeployTargets

@Suite struct ReplicaMachineTests {
    private typealias Observation = ReplicaMachine.Observation

    private static func machine(
        readiness: ProbePlan? = nil, liveness: ProbePlan? = nil, job: Bool = false, backoffLimit: Int = 0
    ) -> ReplicaMachine {
        var container = ContainerPlan(name: "main", image: "i")
        container.readiness = readiness
        container.liveness = liveness
        var plan = WorkloadPlan(name: "web", containers: [container])
        plan.isJob = job
        plan.restartPolicy = job ? .never : .always
        plan.backoffLimit = backoffLimit
        return ReplicaMachine(plan: SupervisionPlan(plan))
    }

    private static func running(_ run: Int64) -> [String: Observation] { ["main": Observation(state: .running, run: run)] }
    private static func exited(_ code: Int) -> [String: Observation] { ["main": Observation(state: .exited, exitCode: code)] }

    @Test func aCreatedContainerIsStarted() {
        var machine = Self.machine()
        #expect(machine.step(sandboxRuns: true, observed: ["main": Observation(state: .created)], now: 0) == [.start("main")])
        #expect(machine.step(sandboxRuns: true, observed: Self.running(7), now: 100) == [])
        #expect(!machine.isReady && machine.isUndecided)
        _ = machine.step(sandboxRuns: true, observed: Self.running(7), now: 100 + SupervisedContainer.settling)
        #expect(machine.isReady && machine.restarts == 0)
    }

    @Test func aContainerThatKeepsDyingWaitsLongerEachTime() {
        var machine = Self.machine(), now: Int64 = 0, waits: [Int64] = []
        _ = machine.step(sandboxRuns: true, observed: Self.running(1), now: now)
        for run in 2...9 {
            var start = now
            while machine.step(sandboxRuns: true, observed: Self.exited(1), now: now) != [.start("main")] { now += 100 }
            waits.append((now - start) / 1000)
            start = now
            _ = machine.step(sandboxRuns: true, observed: Self.running(Int64(run)), now: now)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
        #expect(machine.restarts == 8 && machine.exitsInARow == 8)
        // A long run is forgiven.
        now += 60_000
        _ = machine.step(sandboxRuns: true, observed: Self.running(9), now: now)
        #expect(machine.exitsInARow == 0)
    }

    @Test func anExitIsCountedOnceHoweverOftenItIsSeen() {
        var machine = Self.machine()
        _ = machine.step(sandboxRuns: true, observed: Self.running(1), now: 0)
        for now in [10, 20, 30] as [Int64] { #expect(machine.step(sandboxRuns: true, observed: Self.exited(3), now: now) == []) }
        #expect(machine.exitsInARow == 1)
        #expect(machine.trouble?.message == "it ended with exit code 3")
    }

    @Test func readinessFollowsItsProbe() {
        var machine = Self.machine(readiness: ProbePlan(question: .tcp(port: 80), period: 10, failureThreshold: 2))
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: 0) == [.probe("main", .readiness)])
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: 5) == [], "one question at a time")
        machine.probed("main", .readiness, run: 1, passed: false, seen: "refused", now: 10)
        #expect(machine.trouble?.message == "its readiness probe does not pass: refused")
        let eager = 10 + ProbeState.eager
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: eager) == [.probe("main", .readiness)])
        machine.probed("main", .readiness, run: 1, passed: true, seen: "200", now: eager)
        #expect(machine.isReady)
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: eager + 9_999) == [])
        for round in 1...2 as ClosedRange<Int64> {
            let now = eager + round * 10_000
            #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: now) == [.probe("main", .readiness)])
            #expect(machine.isReady, "one failure is not enough")
            machine.probed("main", .readiness, run: 1, passed: false, seen: "500", now: now)
        }
        #expect(!machine.isReady)
    }

    @Test func anAnswerAboutAnEarlierRunIsIgnored() {
        var machine = Self.machine(readiness: ProbePlan(question: .tcp(port: 80)))
        _ = machine.step(sandboxRuns: true, observed: Self.running(1), now: 0)
        _ = machine.step(sandboxRuns: true, observed: Self.running(2), now: 10)
        machine.probed("main", .readiness, run: 1, passed: true, seen: "200", now: 20)
        #expect(!machine.isReady)
        #expect(machine.restarts == 1)
    }

    @Test func aDeadProgramIsStoppedOnceAndThenStartedAgain() {
        var machine = Self.machine(liveness: ProbePlan(question: .tcp(port: 80), period: 1, failureThreshold: 1))
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: 0) == [.probe("main", .liveness)])
        machine.probed("main", .liveness, run: 1, passed: false, seen: "no", now: 1)
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: 2) == [.stop("main")])
        #expect(machine.step(sandboxRuns: true, observed: Self.running(1), now: 3) == [])
        #expect(machine.step(sandboxRuns: true, observed: Self.exited(137), now: 4) == [])
        #expect(machine.step(sandboxRuns: true, observed: Self.exited(137), now: 1004) == [.start("main")])
    }

    @Test func withoutItsSandboxEverythingStartsAnew() {
        var machine = Self.machine()
        _ = machine.step(sandboxRuns: true, observed: Self.running(1), now: 0)
        #expect(machine.step(sandboxRuns: false, observed: Self.running(1), now: 10) == [.rebuild])
        #expect(machine.step(sandboxRuns: false, observed: Self.exited(137), now: 20) == [], "not again at once")
        machine.rebuilt()
        #expect(machine.step(sandboxRuns: true, observed: Self.exited(137), now: 30) == [.start("main")])
    }

    @Test func aReplicaThatLeavesIsLeftAlone() {
        var machine = Self.machine()
        machine.isLeaving = true
        #expect(machine.step(sandboxRuns: false, observed: Self.exited(1), now: 99_999) == [])
    }

    @Test(arguments: [(0, 0, true, nil), (3, 0, true, "it ended with exit code 3"), (3, 1, false, nil)])
    func aJobEnds(_ code: Int, _ backoffLimit: Int, _ isOver: Bool, _ trouble: String?) {
        var machine = Self.machine(job: true, backoffLimit: backoffLimit)
        _ = machine.step(sandboxRuns: true, observed: Self.running(1), now: 0)
        let actions = machine.step(sandboxRuns: true, observed: Self.exited(code), now: 10)
        #expect(machine.isOver == isOver)
        #expect(actions == (isOver ? [.stopSandbox] : []))
        if isOver { #expect(machine.trouble?.message == trouble) }
        #expect(machine.step(sandboxRuns: false, observed: Self.exited(code), now: 5000) == (isOver ? [] : [.rebuild]))
    }
}
