import Testing

@testable import Execution

@Suite struct RolloutMachineTests {
    private static func machine(
        _ status: RolloutStatus, _ states: [RolloutTargetState], starts: Bool = false, size: Int = 1
    ) -> RolloutMachine {
        RolloutMachine(
            status: status,
            targets: states.enumerated().map {
                RolloutTarget(id: "t\($0.offset)", rank: 0, batch: $0.offset + 1, state: $0.element)
            },
            startsWhenPlanned: starts, batchSize: size)
    }

    /// status, the target's state -> what each event about it, or about all, leads to; `-` is refused.
    private static let table = """
        planning    waiting   planned:planning unchanged:planning leftOut:planning deploying:- satisfied:- blocked:- ok:- bad:- gone:planning resumed:planning cancelled:cancelled
        planned     planned   planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:planned resumed:in_progress cancelled:cancelled
        in_progress planned   planned:- unchanged:- leftOut:- deploying:in_progress satisfied:in_progress blocked:failed ok:- bad:- gone:in_progress resumed:in_progress cancelled:cancelled
        in_progress deploying planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:in_progress bad:stopping gone:in_progress resumed:in_progress cancelled:cancelling
        stopping    deploying planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:stopping bad:stopping gone:stopping resumed:- cancelled:stopping
        stopping    planned   planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:stopping resumed:- cancelled:stopping
        cancelling  deploying planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:cancelling bad:cancelling gone:cancelling resumed:- cancelled:cancelling
        succeeded   succeeded planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:- resumed:- cancelled:-
        failed      failed    planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:- resumed:planning cancelled:-
        failed      planned   planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:- resumed:planning cancelled:-
        cancelled   planned   planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:- resumed:planning cancelled:cancelled
        cancelled   waiting   planned:- unchanged:- leftOut:- deploying:- satisfied:- blocked:- ok:- bad:- gone:- resumed:planning cancelled:cancelled
        """

    private static func event(_ word: String) -> RolloutMachine.Event {
        switch word {
        case "planned": .planned("t0", .planned)
        case "unchanged": .planned("t0", .unchanged)
        case "leftOut": .planned("t0", .leftOut)
        case "deploying": .deploying("t0")
        case "satisfied": .satisfied("t0")
        case "blocked": .blocked("t0")
        case "ok": .ended("t0", succeeded: true)
        case "bad": .ended("t0", succeeded: false)
        case "gone": .gone("t0")
        case "resumed": .resumed
        default: .cancelled
        }
    }

    /// With a second target in the same state, so that one event alone does not end anything.
    @Test(arguments: table.split(separator: "\n").map(String.init)) func everyEventInEveryState(_ line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let status = try #require(RolloutStatus(rawValue: words[0].replacing("_", with: " ")))
        let state = try #require(RolloutTargetState(rawValue: words[1]))
        for cell in words.dropFirst(2) {
            let parts = cell.split(separator: ":").map(String.init)
            // What stops with nothing under way has stopped: something has to be.
            let third: [RolloutTargetState] = status == .stopping && state == .planned ? [.deploying] : []
            var machine = Self.machine(status, [state, state] + third)
            let before = machine
            try #require(machine.status == status, "\(line)")
            if parts[1] == "-" {
                #expect(throws: RolloutMachine.Violation.self, "\(words[0]) \(words[1]) \(cell)") {
                    try machine.apply(Self.event(parts[0]))
                }
                #expect(machine == before, "a refused event changes nothing")
            } else if parts[0] == "gone", status == .stopping, state == .planned {
                try machine.apply(Self.event(parts[0]))
                #expect(machine.status == .stopping)
            } else {
                try machine.apply(Self.event(parts[0]))
                let expected = parts[1].replacing("_", with: " ")
                // A resumed rollout with nothing left to plan goes on at once.
                let goesOn = expected == "planning" && !machine.targets.contains { $0.state == .waiting }
                #expect(machine.status.rawValue == (goesOn ? "in progress" : expected), "\(words[0]) \(words[1]) \(cell)")
            }
        }
    }

    /// Every combination of two targets in every status: whatever the event, the machine keeps its rules.
    @Test func noEventBreaksARule() throws {
        let events = [
            "planned", "unchanged", "leftOut", "deploying", "satisfied", "blocked", "ok", "bad", "gone", "resumed", "cancelled",
        ]
        for status in RolloutStatus.allCases {
            for first in RolloutTargetState.allCases {
                for second in RolloutTargetState.allCases {
                    for starts in [true, false] {
                        let before = Self.machine(status, [first, second], starts: starts)
                        Self.expectRules(before)
                        for word in events {
                            var machine = before
                            do throws(RolloutMachine.Violation) { try machine.apply(Self.event(word)) } catch {
                                #expect(machine == before)
                            }
                            Self.expectRules(machine)
                        }
                    }
                }
            }
        }
    }

    private static func expectRules(_ machine: RolloutMachine) {
        let states = machine.targets.map(\.state)
        // Whatever is not over and waits for nobody has something to do: nothing hangs.
        if !machine.status.isEnded, machine.status != .planned { #expect(!machine.work.isEmpty, "\(machine)") }
        if machine.status.isEnded || machine.status == .planned { #expect(machine.work.isEmpty, "\(machine)") }
        for work in machine.work {
            switch work {
            case .plan(let id): #expect(machine.targets.first { $0.id == id }?.state == .waiting)
            case .deploy(let id):
                #expect(machine.targets.first { $0.id == id }?.state == .planned && machine.status == .inProgress)
            case .watch(let id): #expect(machine.targets.first { $0.id == id }?.state == .deploying)
            }
        }
        if machine.status == .planned { #expect(states.contains(.planned)) }
    }

    private static func shop() -> RolloutMachine {
        RolloutMachine(
            status: .planning,
            targets: [("p1", 2), ("d1", 0), ("d2", 0), ("d3", 0), ("s1", 1)].map { RolloutTarget(id: $0.0, rank: $0.1) },
            startsWhenPlanned: false, batchSize: 2)
    }

    /// Types in their order, at most two at a time, and never two types at once.
    @Test func batchesFollowTheTypes() throws {
        var machine = Self.shop()
        #expect(machine.work == ["d1", "d2", "d3", "s1", "p1"].map { .plan($0) })
        for target in machine.targets { try machine.apply(.planned(target.id, target.id == "d2" ? .unchanged : .planned)) }
        #expect(machine.status == .planned && machine.work.isEmpty)
        try machine.apply(.resumed)
        var batches: [[String]] = []
        while machine.status == .inProgress {
            let batch = machine.work.compactMap { if case .deploy(let id) = $0 { id } else { nil } }
            batches.append(batch)
            for id in batch { try machine.apply(.deploying(id)) }
            #expect(machine.work == batch.map { .watch($0) })
            for id in batch { try machine.apply(.ended(id, succeeded: true)) }
        }
        #expect(batches == [["d1", "d3"], ["s1"], ["p1"]] && machine.status == .succeeded)
    }

    @Test func theFirstFailureStopsItAndItGoesOnWhereItStopped() throws {
        var machine = Self.shop()
        for target in machine.targets { try machine.apply(.planned(target.id, .planned)) }
        try machine.apply(.resumed)
        try machine.apply(.deploying("d1"))
        try machine.apply(.deploying("d2"))
        try machine.apply(.ended("d1", succeeded: false))
        // What runs goes to its end; nothing new begins.
        #expect(machine.status == .stopping && machine.work == [.watch("d2")])
        try machine.apply(.ended("d2", succeeded: true))
        #expect(machine.status == .failed && machine.work.isEmpty)
        try machine.apply(.resumed)
        #expect(machine.work == [.plan("d1")])
        try machine.apply(.planned("d1", .planned))
        #expect(machine.status == .inProgress && machine.work == [.deploy("d1"), .deploy("d3")])
        #expect(machine.targets.filter { $0.state == .planned }.map(\.batch) == [2, 2, 3, 4])
    }

    @Test func withNothingToDoItIsOver() {
        #expect(Self.machine(.planning, []).status == .succeeded)
        #expect(Self.machine(.planning, [.leftOut, .unchanged]).status == .succeeded)
        #expect(throws: RolloutMachine.Violation.noSuchTarget("x")) {
            var machine = Self.machine(.planning, [.waiting])
            try machine.apply(.gone("x"))
        }
    }
}
