import HTTPTypes
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct FenceTests {
    /// Somebody else has the claim while the runner works: the worker that lost it writes nothing.
    @Test(arguments: [true, false]) func aWorkerThatLostItsClaimWritesNothing(answersAtOnce: Bool) async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = harness.runner.holds { $0.words == "provision postgres" && $0.request.fence < 1_000_000 }
            let id = try await harness.deploy()
            let order = try await eventually("the order") { harness.runner.orders.first { $0.words == "provision postgres" } }
            // As another engine would, in one statement; its heartbeat does not run out in this test.
            try await harness.execute(
                """
                UPDATE orchestrator.step_queue SET fence = 1000000, owner = 'other', heartbeat_at = clock_timestamp() + interval '1 hour'
                WHERE node = \(literal: order.key.node) AND verb = 'provision'
                """)
            if answersAtOnce { gate.open() }
            // Its next heartbeat, at the latest, tells the worker; by then the answer has come or the order was given up.
            try await eventually("the other resource's end") {
                try await harness.count(
                    "SELECT count(*) AS count FROM orchestrator.steps WHERE deployment_id = \(literal: id) AND state = 'succeeded'"
                ) == 2
            }
            let unchanged: SQL = """
                SELECT count(*) AS count FROM orchestrator.steps
                WHERE node = \(literal: order.key.node) AND verb = 'provision' AND state = 'running' AND fence = \(literal: "\(order.request.fence)")::bigint
                """
            #expect(try await harness.count(unchanged) == 1)
            #expect(try await harness.resources().first { $0["type"] == "postgres" }?["status"] == "pending")
            gate.open()
            // Given back: whoever claims it next asks with a higher fence and ends it.
            try await harness.execute("UPDATE orchestrator.step_queue SET owner = NULL, heartbeat_at = NULL, fence = 0")
            try await harness.execute("ALTER SEQUENCE orchestrator.fence RESTART WITH 2000000")
            try await harness.mustSucceed(id)
            let fences = harness.runner.orders.filter { $0.words == "provision postgres" }.map(\.request.fence)
            #expect(fences.count > 1 && zip(fences, fences.dropFirst()).allSatisfy(<), "\(fences)")
            #expect(Set(harness.runner.orders.map(\.key.attempt)) == [1])
        }
    }

    /// One orchestrator is killed in the act; another takes its claims over within two heartbeats, with higher fences and the same keys.
    @Test func anotherEngineTakesOverWhatADeadOneHeld() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let started = Mutex<String?>(nil)
            try await harness.withRoom(heartbeat: 1) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                _ = harness.runner.holds()
                let id = try await harness.deploy()
                started.withLock { $0 = id }
                try await eventually("both orders") { Set(harness.runner.orders.map(\.key)).count == 2 }
            }
            let id = try #require(started.withLock { $0 })
            let held = harness.runner.orders
            harness.runner.performs()
            harness.runner.forget()
            try await harness.withRoom(heartbeat: 1) { try await harness.mustSucceed(id) }
            for order in held {
                let again = try #require(harness.runner.orders.first { $0.key == order.key })
                #expect(again.request.fence > order.request.fence)
            }
            #expect(Set(harness.runner.orders.map(\.key)).count == 3)
        }
    }

    /// Two orchestrators on one database: every order is given once.
    @Test func twoEnginesShareTheWork() async throws {
        try await Harness.with(startsRoom: false) { harness in
            // Longer than the machine may stand still: a claim that runs out is rightly taken over, and ordered again.
            try await harness.withRooms(["orchestrator", "second"], heartbeat: 60) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                for number in 1...4 {
                    try await harness.must(
                        201, .post, "/orgs/acme/apps/shop/envs", ["id": .string("env-\(number)"), "name": "x"])
                }
                var ids: [(String, String)] = []
                for number in 1...4 {
                    let environment = "/orgs/acme/apps/shop/envs/env-\(number)"
                    ids.append((environment, try await harness.deploy(to: environment)))
                }
                for (environment, id) in ids { #expect(try await harness.ended(id, in: environment)["status"] == "succeeded") }
                let keys = harness.runner.orders.map(\.key)
                #expect(keys.count == 12 && Set(keys).count == 12)
            }
        }
    }

    /// The runner has seen a higher fence: this worker is the one that is late, and leaves the step alone.
    @Test func theRunnersRefusalIsHonoured() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.withRoom(heartbeat: 1) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                let refusals = Mutex(1)
                harness.runner.performs { order in
                    let refuses = refusals.withLock { left in
                        guard order.words == "provision postgres", left > 0 else { return false }
                        left -= 1
                        return true
                    }
                    if refuses { throw FakeRunner.fenced }
                    return FakeRunner.success(of: order)
                }
                let id = try await harness.deploy()
                try await harness.mustSucceed(id)
                let fences = harness.runner.orders.filter { $0.words == "provision postgres" }.map(\.request.fence)
                // Not again under the same claim: only once that has run out.
                #expect(fences.count > 1 && zip(fences, fences.dropFirst()).allSatisfy(<), "\(fences)")
                #expect(try await harness.errors(of: id).isEmpty)
            }
        }
    }

    /// The runner did it, and the connection broke before it could say so.
    @Test func whatWasDoneButReportedLostIsAskedForAgainByTheSameKey() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let done = Mutex<Set<ActionKey>>([])
            harness.runner.performs { order in
                if done.withLock({ $0.insert(order.key).inserted }) { throw FakeRoom.Cut() }
                return FakeRunner.success(of: order)
            }
            try await harness.mustSucceed(try await harness.deploy())
            // Each at least twice: a claim that runs out on a slow machine is one time more.
            #expect(done.withLock { $0.count } == 3 && harness.runner.orders.count >= 6)
        }
    }

    /// The runner answers 202 while it works: the order is followed, its progress is an event.
    @Test func aRunningOrderIsFollowedUntilItEnds() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let asked = Mutex(0)
            harness.runner.performs { order in
                guard order.words == "provision postgres" else { return FakeRunner.success(of: order) }
                let count = asked.withLock { count in
                    count += 1
                    return count
                }
                return count < 3 ? ActionReply(state: .running, progress: "line \(count)") : FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            try await harness.mustSucceed(id)
            let lines = try await harness.count(
                "SELECT count(*) AS count FROM orchestrator.events WHERE deployment_id = \(literal: id) AND message LIKE 'line %'"
            )
            #expect(lines == 2)
            let waits = harness.runner.room.received.filter { $0.path.contains("/provision/") }.map { $0.query["wait"] }
            #expect(waits.allSatisfy { $0 == "2" })
        }
    }

    /// A gateway or broker that does not help puts the step off, and it goes on by itself.
    @Test func aRoomThatIsAwayIsWaitedFor() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let away = Mutex(3)
            harness.runner.performs { order in
                let isAway = away.withLock { left in
                    left -= 1
                    return left >= 0
                }
                if isAway { throw HTTPFailure.unavailable("starting") }
                return FakeRunner.success(of: order)
            }
            try await harness.mustSucceed(try await harness.deploy())
        }
    }

    /// After its deadline a step ends with what kept it, instead of being tried for ever.
    @Test func aStepIsNotTriedForEver() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { _ in throw HTTPFailure.unavailable("starting") }
            let id = try await harness.deploy()
            try await eventually("an order") { !harness.runner.orders.isEmpty }
            try await harness.execute("UPDATE orchestrator.step_queue SET deadline_at = clock_timestamp() - interval '1 second'")
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(!errors.isEmpty && errors.allSatisfy { $0["code"] == "ORC-005" }, "\(errors)")
            #expect(errors.contains { $0["object_id"]?.string?.hasPrefix("postgres.default#") == true }, "\(errors)")
        }
    }
}
