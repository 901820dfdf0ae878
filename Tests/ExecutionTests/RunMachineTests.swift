import Execution
import Testing

@Suite struct RunMachineTests {
    /// db and bucket first, then web, then smoke.
    private func diamond() throws -> RunMachine {
        try RunMachine([
            RunStep(id: "db", dependsOn: []),
            RunStep(id: "bucket", dependsOn: []),
            RunStep(id: "web", dependsOn: ["db", "bucket"]),
            RunStep(id: "smoke", dependsOn: ["web"]),
        ])
    }

    @Test func startsWhatDependsOnNothing() throws {
        var machine = try diamond()
        #expect(try machine.apply(.started) == [.enqueue("bucket"), .enqueue("db")])
    }

    @Test func releasesAStepWhenTheLastOfItsDependenciesSucceeds() throws {
        var machine = try diamond()
        _ = try machine.apply(.started)
        #expect(try machine.apply(.ended("db", .succeeded)) == [])
        #expect(try machine.apply(.ended("bucket", .succeeded)) == [.enqueue("web")])
        #expect(try machine.apply(.ended("web", .succeeded)) == [.enqueue("smoke")])
        #expect(try machine.apply(.ended("smoke", .succeeded)) == [.finish(succeeded: true)])
    }

    @Test(arguments: [RunMachine.Outcome.failed, .unknown])
    func skipsAllThatNeedsAStepThatDidNotSucceed(outcome: RunMachine.Outcome) throws {
        var machine = try diamond()
        _ = try machine.apply(.started)
        #expect(
            try machine.apply(.ended("db", outcome)) == [.skip("smoke", because: "db"), .skip("web", because: "db")])
        #expect(try machine.apply(.ended("bucket", .succeeded)) == [.finish(succeeded: false)])
    }

    @Test func anEmptyRunIsDoneAtOnce() throws {
        var machine = try RunMachine([])
        #expect(try machine.apply(.started) == [.finish(succeeded: true)])
    }

    @Test func aDependencyMustBeInTheRun() {
        #expect(throws: RunMachine.Violation.unknownDependency(step: "web", dependency: "db")) {
            try RunMachine([RunStep(id: "web", dependsOn: ["db"])])
        }
    }

    /// Every event in every state of a step.
    @Test func everyEventInEveryState() throws {
        for state in StepState.allCases {
            func machine() throws -> RunMachine { try RunMachine([RunStep(id: "a", dependsOn: [], state: state)]) }
            var claimed = try machine()
            if state == .ready || state == .running {
                #expect(try claimed.apply(.claimed("a")) == [])
                #expect(claimed.steps["a"]?.state == .running)
            } else {
                #expect(throws: RunMachine.Violation.notReady("a", state)) { try claimed.apply(.claimed("a")) }
            }
            for outcome in RunMachine.Outcome.allCases {
                var ended = try machine()
                switch state {
                case .ready, .running:
                    #expect(try ended.apply(.ended("a", outcome)) == [.finish(succeeded: outcome == .succeeded)])
                case .waiting:
                    #expect(throws: RunMachine.Violation.notReady("a", .waiting)) { try ended.apply(.ended("a", outcome)) }
                case .succeeded, .failed, .unknown, .skipped:
                    #expect(throws: RunMachine.Violation.endedBefore("a", state)) { try ended.apply(.ended("a", outcome)) }
                }
            }
            var started = try machine()
            let actions = try started.apply(.started)
            switch state {
            case .waiting: #expect(actions == [.enqueue("a")])
            case .ready, .running: #expect(actions == [])
            case .succeeded: #expect(actions == [.finish(succeeded: true)])
            case .failed, .unknown, .skipped: #expect(actions == [.finish(succeeded: false)])
            }
        }
        var machine = try RunMachine([])
        #expect(throws: RunMachine.Violation.noSuchStep("x")) { try machine.apply(.claimed("x")) }
        #expect(throws: RunMachine.Violation.noSuchStep("x")) { try machine.apply(.ended("x", .failed)) }
    }

    /// Random graphs, random order of ends, random outcomes: the run always finishes, once, and nothing runs before what it needs.
    @Test(arguments: 0..<200)
    func everyRunEnds(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let count = Int(random.next() % 12) + 1
        let steps = (0..<count).map { index in
            RunStep(id: "s\(index)", dependsOn: (0..<index).filter { _ in random.next() % 3 == 0 }.map { "s\($0)" })
        }
        var machine = try RunMachine(steps)
        var queue: [String] = [], finishes = 0, succeeded: Set<String> = []
        func take(_ actions: [RunMachine.Action]) {
            for action in actions {
                switch action {
                case .enqueue(let id):
                    let needs = steps.first { $0.id == id }?.dependsOn ?? []
                    #expect(needs.allSatisfy(succeeded.contains))
                    queue.append(id)
                case .finish: finishes += 1
                case .skip, .stop, .wait, .retry: break
                }
            }
        }
        take(try machine.apply(.started))
        while !queue.isEmpty {
            let id = queue.remove(at: Int(random.next() % UInt64(queue.count)))
            let outcome: RunMachine.Outcome = random.next() % 4 == 0 ? .failed : .succeeded
            if outcome == .succeeded { succeeded.insert(id) }
            take(try machine.apply(.ended(id, outcome)))
        }
        #expect(finishes == 1)
        #expect(machine.steps.values.allSatisfy { $0.state.isEnded })
    }
}

/// A small seeded generator, so that a failing case can be run again.
struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
