import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T1 and T2 of the acceptance list on whole flows: a database and values that wait for each other are deployed and deleted.
    @Suite struct FlowTests {
        /// Two of them a chain.
        private static let values = 4
        /// What the orchestrator does in these flows.
        private static let verbs: Set = ["plan", "provision", "remove", "destroy", "finish"]

        /// Deploys, and retries up to so often. Returns whether it came to its end, and how often it was retried.
        private static func deploy(_ life: FaultLife, retrying limit: Int) async throws -> (isDone: Bool, retries: Int) {
            try await life.create()
            let id = try await life.start("deploys", ["delta_id": .string(try await life.resources(values)), "comment": "x"])
            for retries in 0...limit {
                if try await life.end(of: id) == "succeeded" { return (true, retries) }
                _ = try await life.errors(of: id)
                if retries < limit { _ = try await life.retried(id) }
            }
            return (false, limit)
        }

        /// T1: each step of the deployment fails in its turn, and is named; the deletion unwinds what stands at that moment, each step of
        /// it failing once, too. Nothing is left.
        @Test func everyStepFailsInItsTurnAndNothingIsLeft() async throws {
            let place = try await FaultPlace("w"), fault = Fault(point: "orchestrator.afterClaim", isForEach: true, kind: .fail)
            var isDone = false, rounds = 0
            while !isDone {
                try place.appliance.faults.arm([fault])
                let life = try await place.life(.fail)
                isDone = try await Self.deploy(life, retrying: rounds).isDone
                let stood = try place.appliance.faults.hits(of: fault.point)
                #expect(stood.contains { $0.verb == "plan" } && (rounds == 0) == stood.allSatisfy { $0.verb == "plan" })
                try await life.delete()
                try await life.expectNothing()
                try await life.expectSettled()
                #expect(life.problems == [], "round \(rounds)")
                rounds += 1
                try #require(rounds <= FaultLife.tries)
            }
            let hits = try place.appliance.faults.hits(of: fault.point)
            #expect(Set(hits.map(\.verb)) == Self.verbs)
            // The database and the values, each by itself.
            #expect(hits.count { $0.verb == "provision" } == Self.values + 1)
            #expect(hits.count { $0.verb == "destroy" } == Self.values + 1)
            // Plan, and the longest chain.
            #expect(rounds > 3)
            #expect(try await FaultLife.tenantObjects(place.tenant) == place.before)
            try await place.end()
        }

        /// T2: each effect is had twice, since it is reported as failed the first time; then its undoing twice. The end is the same.
        @Test func everyStepAndEveryUndoingIsDoneTwice() async throws {
            let place = try await FaultPlace("x"), fault = Fault(point: "runner.afterEffect", isForEach: true, kind: .lie)
            try place.appliance.faults.arm([fault])
            let life = try await place.life(.lie)
            let (isDone, retries) = try await Self.deploy(life, retrying: FaultLife.tries)
            #expect(isDone && retries > 1)
            try await life.expectEverything(workloads: 0, databases: 1)
            #expect(try await life.list("resources").count == Self.values + 1)
            try await life.delete()
            try await life.expectNothing()
            try await life.expectSettled()
            let hits = try place.appliance.faults.hits(of: fault.point)
            #expect(hits.count { $0.verb == "provision" } == Self.values + 1)
            #expect(hits.count { $0.verb == "destroy" } == Self.values + 1)
            #expect(life.problems == [])
            #expect(try await FaultLife.tenantObjects(place.tenant) == place.before)
            try await place.end()
        }
    }
}
