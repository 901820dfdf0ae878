import Execution
import Testing

/// Stop, retry and settle: what people do to a run.
@Suite struct RunControlTests {
    private func run(_ states: [String: StepState], stopped: Bool = false) throws -> RunMachine {
        // db -> web -> smoke; bucket stands alone.
        try RunMachine(
            [
                RunStep(id: "bucket", dependsOn: [], state: states["bucket"] ?? .succeeded),
                RunStep(id: "db", dependsOn: [], state: states["db"] ?? .succeeded),
                RunStep(id: "web", dependsOn: ["db"], state: states["web"] ?? .waiting),
                RunStep(id: "smoke", dependsOn: ["web"], state: states["smoke"] ?? .waiting),
            ], isStopped: stopped)
    }

    @Test func aStopSkipsWhatWaitsAndTellsWhatRuns() throws {
        var machine = try run(["db": .running, "bucket": .ready])
        #expect(
            try machine.apply(.stopped) == [
                .skip("smoke", because: nil), .skip("web", because: nil), .stop("bucket"), .stop("db"),
            ])
        #expect(try machine.apply(.withdrawn("bucket")) == [.skip("bucket", because: nil)])
        #expect(try machine.apply(.ended("db", .succeeded)) == [.finish(succeeded: false)])
    }

    @Test func aStopWhenNothingRunsEndsTheRun() throws {
        var machine = try run([:])
        #expect(
            try machine.apply(.stopped) == [
                .skip("smoke", because: nil), .skip("web", because: nil), .finish(succeeded: false),
            ])
    }

    /// The plan's step ends after the run was stopped: what it brings along never begins.
    @Test func whatIsAddedToAStoppedRunNeverBegins() throws {
        var machine = try run(["db": .running], stopped: true)
        #expect(
            try machine.apply(.ended("db", .succeeded)) == [
                .skip("smoke", because: nil), .skip("web", because: nil), .finish(succeeded: false),
            ])
    }

    @Test func aRetryBringsBackWhatWasSkippedBecauseOfIt() throws {
        var machine = try run(["db": .failed, "web": .skipped, "smoke": .skipped])
        #expect(machine.retryable == ["db"])
        #expect(machine.causes(ofSkipped: "smoke") == ["db"])
        #expect(try machine.apply(.retried(["db"])) == [.retry("db"), .wait("smoke"), .wait("web")])
        #expect(try machine.apply(.ended("db", .succeeded)) == [.enqueue("web")])
    }

    @Test func whatAnotherFailureKeepsBackStaysSkipped() throws {
        var machine = try RunMachine([
            RunStep(id: "a", dependsOn: [], state: .failed), RunStep(id: "b", dependsOn: [], state: .unknown),
            RunStep(id: "both", dependsOn: ["a", "b"], state: .skipped), RunStep(id: "one", dependsOn: ["a"], state: .skipped),
        ])
        #expect(machine.retryable == ["a"])
        #expect(machine.causes(ofSkipped: "both") == ["a", "b"])
        #expect(try machine.apply(.retried(["a"])) == [.retry("a"), .wait("one")])
        #expect(try machine.apply(.ended("a", .succeeded)) == [.enqueue("one")])
        #expect(try machine.apply(.ended("one", .succeeded)) == [.finish(succeeded: false)])
        #expect(try machine.apply(.settled("b")) == [.wait("both"), .enqueue("both")])
        #expect(try machine.apply(.ended("both", .succeeded)) == [.finish(succeeded: true)])
    }

    @Test func aStoppedRunGoesOnWhereItWasStopped() throws {
        var machine = try run(["web": .skipped, "smoke": .skipped], stopped: true)
        #expect(machine.retryable == ["web"])
        #expect(machine.causes(ofSkipped: "web").isEmpty)
        #expect(try machine.apply(.retried(["web"])) == [.retry("web"), .wait("smoke")])
        #expect(try machine.apply(.ended("web", .succeeded)) == [.enqueue("smoke")])
        #expect(try machine.apply(.ended("smoke", .succeeded)) == [.finish(succeeded: true)])
    }

    @Test func settlingTheLastUnknownStepEndsTheRunWell() throws {
        var machine = try run(["web": .succeeded, "smoke": .unknown])
        #expect(machine.retryable.isEmpty)
        #expect(try machine.apply(.settled("smoke")) == [.finish(succeeded: true)])
    }

    /// Every event of people in every state of a step, in a run that is stopped and in one that is not.
    @Test(arguments: StepState.allCases, [false, true]) func everyEventInEveryState(state: StepState, stopped: Bool) throws {
        func machine() throws -> RunMachine {
            try RunMachine([RunStep(id: "a", dependsOn: [], state: state)], isStopped: stopped)
        }
        var stop = try machine()
        let actions = try stop.apply(.stopped)
        switch state {
        case .waiting: #expect(actions == [.skip("a", because: nil), .finish(succeeded: false)])
        case .ready, .running: #expect(actions == [.stop("a")])
        case .succeeded, .failed, .unknown, .skipped: #expect(actions == [.finish(succeeded: false)])
        }
        var withdrawn = try machine()
        if !stopped {
            #expect(throws: RunMachine.Violation.notStopped) { try withdrawn.apply(.withdrawn("a")) }
        } else if state == .ready {
            #expect(try withdrawn.apply(.withdrawn("a")) == [.skip("a", because: nil), .finish(succeeded: false)])
        } else {
            #expect(throws: RunMachine.Violation.notReady("a", state)) { try withdrawn.apply(.withdrawn("a")) }
        }
        var retried = try machine()
        if [.failed, .unknown, .skipped].contains(state) {
            #expect(try retried.apply(.retried(["a"])) == [.retry("a")])
            #expect(retried.steps["a"]?.state == .ready && !retried.isStopped)
        } else {
            #expect(throws: RunMachine.Violation.notRetryable("a", state)) { try retried.apply(.retried(["a"])) }
        }
        var settled = try machine()
        if state == .unknown {
            #expect(try settled.apply(.settled("a")) == [.finish(succeeded: !stopped)])
        } else {
            #expect(throws: RunMachine.Violation.notUnknown("a", state)) { try settled.apply(.settled("a")) }
        }
    }

    @Test func whatIsNotInTheRunIsRefused() throws {
        for event in [RunMachine.Event.withdrawn("x"), .retried(["x"]), .settled("x")] {
            var machine = try RunMachine([], isStopped: true)
            #expect(throws: RunMachine.Violation.noSuchStep("x")) { try machine.apply(event) }
        }
    }

    @Test func aStepBehindAFailureIsNotTriedByItself() throws {
        var machine = try run(["db": .failed, "web": .skipped, "smoke": .skipped])
        #expect(throws: RunMachine.Violation.notRetryable("web", .skipped)) { try machine.apply(.retried(["web"])) }
        #expect(machine.steps["web"]?.state == .skipped)
    }

    /// Random graphs, outcomes, stops, retries and findings in any order: a run always ends, nothing begins before what it needs, and in
    /// the end everything can be brought to success.
    @Test(arguments: 0..<200) func everyRunEndsAndCanBeBroughtToSuccess(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let count = Int(random.next() % 10) + 1
        let steps = (0..<count).map { index in
            RunStep(id: "s\(index)", dependsOn: (0..<index).filter { _ in random.next() % 3 == 0 }.map { "s\($0)" })
        }
        var machine = try RunMachine(steps), queue: Set<String> = [], finish: Bool?
        func take(_ actions: [RunMachine.Action]) throws {
            for action in actions {
                switch action {
                case .enqueue(let id), .retry(let id):
                    let needs = steps.first { $0.id == id }?.dependsOn ?? []
                    #expect(needs.allSatisfy { machine.steps[$0]?.state == .succeeded })
                    #expect(queue.insert(id).inserted)
                    finish = nil
                case .stop(let id):
                    if random.next() % 2 == 0, machine.steps[id]?.state == .ready {
                        queue.remove(id)
                        try take(try machine.apply(.withdrawn(id)))
                    }
                case .finish(let succeeded):
                    #expect(queue.isEmpty)
                    finish = succeeded
                case .skip, .wait: break
                }
            }
        }
        try take(try machine.apply(.started))
        for round in 0..<40 {
            while let id = queue.sorted().dropFirst(queue.isEmpty ? 0 : Int(random.next() % UInt64(queue.count))).first {
                if round < 20, random.next() % 12 == 0 { try take(try machine.apply(.stopped)) }
                guard queue.remove(id) != nil else { continue }
                let outcomes: [RunMachine.Outcome] = round < 20 ? [.succeeded, .succeeded, .failed, .unknown] : [.succeeded]
                try take(try machine.apply(.ended(id, outcomes[Int(random.next() % UInt64(outcomes.count))])))
            }
            let hasEnded = try #require(finish as Bool?)
            #expect(machine.steps.values.allSatisfy { $0.state.isEnded })
            if hasEnded { break }
            let unknown = machine.steps.values.filter { $0.state == .unknown }.map(\.id).sorted()
            if let id = unknown.first, random.next() % 2 == 0 {
                try take(try machine.apply(random.next() % 2 == 0 ? .settled(id) : .retried([id])))
            } else if !machine.retryable.isEmpty {
                try take(try machine.apply(.retried(machine.retryable)))
            } else if unknown.isEmpty {
                // All had succeeded when it was stopped.
                #expect(try machine.apply(.retried([])) == [.finish(succeeded: true)])
                finish = true
                break
            }
        }
        #expect(finish == true)
        #expect(machine.steps.values.allSatisfy { $0.state == .succeeded })
    }
}
