import Testing

@testable import DeployTargets

/// Containers that come before the others: `load` ends, `proxy` runs on, `main` waits for both.
@Suite struct ContainerOrderTests {
    private typealias Observation = ReplicaMachine.Observation

    private static func machine(job: Bool = false, backoffLimit: Int = 0) -> ReplicaMachine {
        var load = ContainerPlan(name: "load", image: "i"), proxy = ContainerPlan(name: "proxy", image: "i")
        load.initial = .ends
        proxy.initial = .runsOn
        proxy.startup = ProbePlan(question: .tcp(port: 1), period: 10, failureThreshold: 2)
        var plan = WorkloadPlan(name: "web", containers: [load, proxy, ContainerPlan(name: "main", image: "i")])
        plan.isJob = job
        plan.restartPolicy = job ? .never : .always
        plan.backoffLimit = backoffLimit
        return ReplicaMachine(plan: SupervisionPlan(plan))
    }

    private static let created = Observation(state: .created)
    private static func running(_ run: Int64, at start: Int64 = 100) -> Observation {
        Observation(state: .running, run: run, startedAt: start)
    }
    private static func exited(_ code: Int, at start: Int64 = 100) -> Observation {
        Observation(state: .exited, exitCode: code, startedAt: start)
    }

    /// One look at the three, in a network that began at second 100.
    private static func look(
        _ machine: inout ReplicaMachine, _ load: Observation, _ proxy: Observation, _ main: Observation, now: Int64,
        since: Int64 = 100
    ) -> [ReplicaMachine.Action] {
        machine.step(sandboxRuns: true, sandboxSince: since, observed: ["load": load, "proxy": proxy, "main": main], now: now)
    }

    @Test func oneAfterTheOther() {
        var machine = Self.machine()
        #expect(Self.look(&machine, Self.created, Self.created, Self.created, now: 0) == [.start("load")])
        #expect(Self.look(&machine, Self.running(1), Self.created, Self.created, now: 1) == [])
        #expect(machine.trouble?.container == "load")
        #expect(machine.trouble?.message == "it has not ended yet, and others wait for that")
        #expect(!machine.isReady && !machine.isUndecided)
        #expect(Self.look(&machine, Self.exited(0), Self.created, Self.created, now: 2) == [.start("proxy")])
        #expect(
            Self.look(&machine, Self.exited(0), Self.running(2), Self.created, now: 3) == [.probe("proxy", .startup)],
            "it runs, and has not started")
        machine.probed("proxy", .startup, run: 2, passed: false, seen: "refused", now: 4)
        #expect(Self.look(&machine, Self.exited(0), Self.running(2), Self.created, now: 5) == [])
        #expect(machine.trouble?.message == "its startup probe does not pass: refused")
        machine.probed("proxy", .startup, run: 2, passed: true, seen: "open", now: 6)
        #expect(Self.look(&machine, Self.exited(0), Self.running(2), Self.created, now: 7) == [.start("main")])
        _ = Self.look(&machine, Self.exited(0), Self.running(2), Self.running(3), now: 8)
        _ = Self.look(&machine, Self.exited(0), Self.running(2), Self.running(3), now: 8 + SupervisedContainer.settling)
        #expect(machine.isReady && machine.trouble == nil && machine.restarts == 0 && machine.exitsInARow == 0)
    }

    @Test func oneThatFailsIsStartedAgainAndTheOthersWait() {
        var machine = Self.machine()
        _ = Self.look(&machine, Self.running(1), Self.created, Self.created, now: 0)
        #expect(Self.look(&machine, Self.exited(3), Self.created, Self.created, now: 10) == [])
        #expect(machine.trouble?.message == "it ended with exit code 3")
        #expect(machine.exitsInARow == 1)
        #expect(Self.look(&machine, Self.exited(3), Self.created, Self.created, now: 1010) == [.start("load")])
    }

    @Test func whatIsDoneOnceIsNotDoneAgainWhenAnotherDies() {
        var machine = Self.machine()
        _ = Self.look(&machine, Self.exited(0), Self.running(2), Self.running(3), now: 0)
        machine.probed("proxy", .startup, run: 2, passed: true, seen: "open", now: 0)
        #expect(Self.look(&machine, Self.exited(0), Self.exited(1), Self.running(3), now: 10) == [])
        #expect(!machine.isReady)
        #expect(
            Self.look(&machine, Self.exited(0), Self.exited(1), Self.exited(1), now: 1010) == [.start("proxy")],
            "the main one has its own back-off")
        #expect(Self.look(&machine, Self.exited(0), Self.running(4), Self.exited(1), now: 2010).contains(.start("main")))
    }

    @Test func aRunnerThatStartsAnewGoesOn() {
        var running = Self.machine()
        let actions = Self.look(&running, Self.exited(0), Self.running(2), Self.running(3), now: 0)
        #expect(actions == [.probe("proxy", .startup)])
        var before = Self.machine()
        #expect(Self.look(&before, Self.exited(0), Self.created, Self.created, now: 0) == [.start("proxy")])
    }

    @Test func aNewNetworkBeginsWithTheFirst() {
        var machine = Self.machine()
        _ = Self.look(&machine, Self.exited(0), Self.running(2), Self.running(3), now: 0)
        let old = [Self.exited(0, at: 100), Self.exited(137, at: 100), Self.exited(137, at: 101)]
        #expect(
            machine.step(sandboxRuns: false, observed: ["load": old[0], "proxy": old[1], "main": old[2]], now: 10) == [.rebuild])
        machine.rebuilt()
        #expect(Self.look(&machine, old[0], old[1], old[2], now: 20, since: 200) == [.start("load")])
        #expect(Self.look(&machine, Self.running(5, at: 201), old[1], old[2], now: 30, since: 200) == [])
        #expect(Self.look(&machine, Self.exited(0, at: 201), old[1], old[2], now: 2000, since: 200) == [.start("proxy")])
        _ = Self.look(&machine, Self.exited(0, at: 201), Self.running(6, at: 202), old[2], now: 2010, since: 200)
        machine.probed("proxy", .startup, run: 6, passed: true, seen: "open", now: 2020)
        #expect(
            Self.look(&machine, Self.exited(0, at: 201), Self.running(6, at: 202), old[2], now: 2030, since: 200)
                == [.start("main")])
    }

    @Test func aJobDoesNotWaitForWhatRunsBesideIt() {
        var machine = Self.machine(job: true)
        _ = Self.look(&machine, Self.exited(0), Self.running(2), Self.running(3), now: 0)
        #expect(!machine.isOver)
        #expect(Self.look(&machine, Self.exited(0), Self.running(2), Self.exited(0), now: 10) == [.dismiss("proxy")])
        #expect(Self.look(&machine, Self.exited(0), Self.exited(143), Self.exited(0), now: 20) == [.stopSandbox])
        #expect(machine.isOver && machine.trouble == nil)
        // Nor does a runner that starts anew start anything of it.
        var later = Self.machine(job: true)
        let observed = ["load": Self.exited(0), "proxy": Self.exited(143), "main": Self.exited(0)]
        #expect(later.step(sandboxRuns: false, observed: observed, now: 0) == [])
        #expect(later.isOver && later.trouble == nil)
    }

    @Test func aJobEndsWithTheFirstThatFailsForGood() {
        var machine = Self.machine(job: true)
        _ = Self.look(&machine, Self.running(1), Self.created, Self.created, now: 0)
        #expect(Self.look(&machine, Self.exited(4), Self.created, Self.created, now: 10) == [.stopSandbox])
        #expect(machine.isOver && machine.trouble?.container == "load")
        #expect(machine.trouble?.message == "it ended with exit code 4")
    }

    @Test func aStartHasTheTimeThatItWasGiven() {
        var machine = Self.machine(), asked: [Int64] = [], now: Int64 = 0
        while true {
            let actions = Self.look(&machine, Self.exited(0), Self.running(2), Self.created, now: now)
            if actions == [.stop("proxy")] { break }
            if actions == [.probe("proxy", .startup)] {
                asked.append(now)
                machine.probed("proxy", .startup, run: 2, passed: false, seen: "refused", now: now)
            }
            now += 10
        }
        // Two failures, a period apart, and some eager questions between them.
        #expect((10_000...10_020).contains(now), "\(now)")
        #expect((20...25).contains(asked.count))
        #expect(Self.look(&machine, Self.exited(0), Self.running(2), Self.created, now: now + 10) == [], "not again at once")
        _ = Self.look(&machine, Self.exited(0), Self.exited(137), Self.created, now: now + 20)
        #expect(Self.look(&machine, Self.exited(0), Self.exited(137), Self.created, now: now + 1100) == [.start("proxy")])
    }

    @Test func otherProbesWaitForTheStart() {
        var container = ContainerPlan(name: "main", image: "i")
        container.startup = ProbePlan(question: .tcp(port: 1))
        container.readiness = ProbePlan(question: .tcp(port: 2))
        container.liveness = ProbePlan(question: .tcp(port: 3), initialDelay: 5)
        var machine = ReplicaMachine(plan: SupervisionPlan(WorkloadPlan(name: "web", containers: [container])))
        let observed = ["main": Self.running(1)]
        #expect(machine.step(sandboxRuns: true, observed: observed, now: 0) == [.probe("main", .startup)])
        machine.probed("main", .startup, run: 1, passed: true, seen: "open", now: 10)
        #expect(machine.step(sandboxRuns: true, observed: observed, now: 20) == [.probe("main", .readiness)])
        #expect(!machine.isReady)
        machine.probed("main", .readiness, run: 1, passed: true, seen: "open", now: 30)
        #expect(machine.isReady)
        #expect(machine.step(sandboxRuns: true, observed: observed, now: 5000) == [.probe("main", .liveness)])
    }
}
