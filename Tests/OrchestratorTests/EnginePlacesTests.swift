import Execution
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

/// Places that pass from steps that end to those that come next.
@Suite struct EnginePlacesTests {
    private let ours = StepStore.Line(orgID: "acme", deploymentID: "d", driver: "echo")
    private let another = StepStore.Line(orgID: "acme", deploymentID: "other", driver: "echo")

    private func claim(_ line: StepStore.Line, node: String = "n") -> StepStore.Claim {
        StepStore.Claim(
            orgID: line.orgID, deploymentID: line.deploymentID, node: node, verb: "provision", attempt: 1, driver: line.driver,
            fence: 1, isOverdue: false, owner: "test")
    }

    private func waiting(_ line: StepStore.Line, due: Int) -> ClaimChoice.Line {
        ClaimChoice.Line(organization: line.orgID, run: line.deploymentID, driver: line.driver, due: due, held: 0, since: 0)
    }

    @Test func aPlaceGoesToOnesOwnLineWhileNobodyElseWaits() {
        let places = EnginePlaces()
        let ending = [claim(ours, node: "a"), claim(ours, node: "b")]
        places.saw([], [])
        #expect(places.passing(ending).isEmpty, "no engine is at work")
        places.open(4)
        #expect(places.passing(ending) == [ours: 2])
        let mine = waiting(ours, due: 9)
        let bounds = ClaimChoice.Bounds(perOrganization: 9, perEnvironment: 2, perDriver: 9)
        places.saw([mine], ClaimChoice.shares(of: [mine], free: 9, bounds: bounds))
        #expect(places.passing(ending) == [ours: 2], "who waits is of the line itself")
        #expect(places.passing([claim(another)]).isEmpty, "and comes before others")
        places.saw([mine, waiting(another, due: 1)], [])
        #expect(places.passing(ending).isEmpty, "the shares decide")
        places.saw(nil, [])
        #expect(places.passing(ending).isEmpty, "nobody could look")
        places.saw([], [])
        places.close()
        #expect(places.passing(ending).isEmpty, "the engine ends")
    }

    /// However places come and go, all of them are there in the end, and never more than that are in use once the ended steps have left.
    @Test func placesAreCounted() {
        let places = EnginePlaces()
        places.open(4)
        #expect(places.turn().looks, "the first look")
        #expect(places.take(upTo: 3) == 3)
        places.saw([], [])
        places.pass([.init(claim: claim(ours), step: .failure(LostClaim()))])
        #expect(places.take(upTo: 4) == 0, "the place of a step that has not left yet is not given away")
        places.leave(claim(ours))
        let turn = places.turn()
        #expect(turn.passed.count == 1 && !turn.looks, "nobody waits: nothing to look for")
        #expect(places.turn().passed.isEmpty, "it is given once")
        #expect(places.take(upTo: 4) == 1)
        places.saw(nil, [])
        places.leave(claim(ours))
        #expect(places.turn().looks, "somebody may have waited for the place")
        places.saw([waiting(another, due: 1)], [])
        places.leave(claim(ours))
        #expect(places.turn().looks)
        places.saw([waiting(ours, due: 1)], [])
        places.leave(claim(ours))
        #expect(!places.turn().looks, "its own line had it")
        places.leave(claim(ours))
        #expect(places.take(upTo: 9) == 4)
    }

    /// A chain: each end begins the next step, with a claim of its own, and nobody else is told of it.
    @Test func theNextStepBeginsWhereOneEnds() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let places = EnginePlaces()
            let run = try await StepRun(harness, places: places)
            places.open(8)
            places.saw([], [])
            try await run.begin("chain", Self.chain)
            var claim = try #require(try await run.claim(limit: 1).first)
            for next in ["b", "c"] {
                try await run.end([(claim, .succeeded)])
                let passed = places.turn().passed
                #expect(passed.map(\.claim.node) == [next])
                let begun = try #require(passed.first?.claim)
                #expect(begun.fence > claim.fence && begun.owner == claim.owner && begun.driver == "echo")
                #expect(try await run.states("chain")["provision:\(next)"] == .running)
                #expect(try await run.claim(limit: 8).isEmpty, "it is held")
                claim = begun
            }
            try await run.end([(claim, .succeeded)])
            #expect(places.turn().passed.isEmpty)
            #expect(try await run.status("chain") == "succeeded")
        }
    }

    /// Somebody else waits, or the run was stopped: what comes next is in the queue, or never begins.
    @Test func othersAndStoppedRunsComeFirst() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let places = EnginePlaces()
            let run = try await StepRun(harness, places: places)
            places.open(8)
            places.saw([waiting(another, due: 1)], [])
            try await run.begin("queued", Self.chain)
            let first = try #require(try await run.claim(limit: 1).first)
            try await run.end([(first, .succeeded)])
            #expect(places.turn().passed.isEmpty)
            let second = try #require(try await run.claim(limit: 8).first)
            #expect(second.node == "b", "ready, for whoever has its share")
            places.saw([], [])
            try await harness.execute(
                "UPDATE orchestrator.deployments SET stopped_at = clock_timestamp(), stopped_by = 't' WHERE id = 'queued'")
            try await run.end([(second, .succeeded)])
            #expect(places.turn().passed.isEmpty)
            #expect(try await run.states("queued")["provision:c"] != .running)
        }
    }

    private static let chain = ["a", "b", "c"].enumerated().map { index, node in
        StepStore.Step(
            node: node, verb: "provision", object: node,
            dependsOn: [index == 0 ? StepRun.plan : "provision:\(["a", "b", "c"][index - 1])"], driver: "echo")
    }
}
