import DeployTargets
import Drivers
import HTTPTypes
import PlatformModel
import Postgres
import PureDrivers
import ServiceAPI
import ServiceLifecycle
import TestSupport
import Testing

@testable import DriverRunner

/// Runners that end in the act, and those that take over.
@Suite struct TakeoverTests {
    /// A driver that hangs on its first call and then succeeds.
    private static func hanging(canFind: Bool = true, _ gate: Gate) -> ScriptedDriver {
        ScriptedDriver(canFind: canFind) { _, _ throws(DriverError) in
            try await gate.pass()
            return DriverResult(values: ["host": "db"])
        }
    }

    private static func age(_ fixture: RunnerFixture) async throws {
        try await fixture.administrator.execute("UPDATE runner.actions SET heartbeat_at = heartbeat_at - interval '1 hour'")
    }

    @Test(arguments: [true, false]) func aRestartedRunnerDoesItAgainOrSaysThatItCannotKnow(canFind: Bool) async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = Self.hanging(canFind: canFind, gate)
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the call") { driver.calls.count == 1 }
            }
            #expect(try await fixture.dump().contains(",running,"), "the row is left to the next process")
            gate.open()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.order(.resource(), fence: 2)
                if canFind {
                    #expect(reply.outputs?.values == ["host": "db"])
                    #expect(driver.calls.count == 2)
                } else {
                    #expect(reply.state == .unknown)
                    #expect(reply.failure?.code == "RUN-003")
                    #expect(reply.failure?.message.contains("scripted") == true)
                    #expect(driver.calls.count == 1, "never blindly done again")
                }
                #expect(try await runner.order(.resource(), fence: 2) == reply)
            }
        }
    }

    @Test func whatWasNeverBegunIsNotUnknown() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = Self.hanging(canFind: false, gate)
            try await fixture.runner(drivers: [driver], change: { $0.concurrent = 1 }) { runner async throws in
                _ = try await runner.order(.resource(), node: "a", wait: 0)
                try await eventually("the call") { driver.calls.count == 1 }
                _ = try await runner.order(.resource(), node: "waits", wait: 0)
            }
            gate.open()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), node: "waits").state == .succeeded)
                #expect(try await runner.order(.resource(), node: "a").state == .unknown)
            }
        }
    }

    @Test func anotherHostLeavesItToItsOwnerAndHearsTheEnd() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = Self.hanging(gate), other = ScriptedDriver()
            try await fixture.runner(host: "h1", drivers: [driver]) { first async throws in
                #expect(try await first.order(.resource(), wait: 0).state == .running)
                try await eventually("the call") { driver.calls.count == 1 }
                try await fixture.runner(host: "h2", drivers: [other]) { second async throws in
                    #expect(try await second.order(.resource(), fence: 2, wait: 0).state == .running)
                    async let end = second.order(.resource(), fence: 2, wait: 20)
                    gate.open()
                    #expect(try await end.outputs?.values == ["host": "db"])
                    #expect(other.calls.isEmpty)
                }
            }
        }
    }

    @Test func aHostThatIsLostIsTakenOverAndItsResultDoesNotCount() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                await gate.passDeaf()
                return DriverResult(values: ["host": "late"])
            }
            let other = ScriptedDriver { _, _ throws(DriverError) in DriverResult(values: ["host": "taken over"]) }
            // Its heart does not beat within this test.
            try await fixture.runner(host: "a/b", drivers: [driver], change: { $0.heartbeatSeconds = 3600 }) {
                first async throws in
                #expect(try await first.order(.resource(), wait: 0).state == .running)
                try await eventually("the call") { driver.calls.count == 1 }
                try await Self.age(fixture)
                try await fixture.runner(host: "a/c", drivers: [other]) { second async throws in
                    #expect(try await second.order(.resource(), fence: 2).outputs?.values == ["host": "taken over"])
                    gate.open()
                    try await eventually("the end of the first") { first.desk.running.count == 0 }
                    for runner in [first, second] {
                        #expect(try await runner.order(.resource(), fence: 2).outputs?.values == ["host": "taken over"])
                    }
                }
                #expect(try await !fixture.dump().contains("late"))
            }
        }
    }

    /// Containers and routes are on one host: the runners of others leave them to it, also when two come first at the same moment.
    @Test func whatIsLocalIsDoneByItsHostAlone() async throws {
        try await RunnerFixture.with { fixture in
            let here = RecordingTarget(), there = RecordingTarget()
            try await fixture.runner(host: "h1", drivers: [ScriptedDriver()], target: here) { first async throws in
                try await fixture.runner(host: "h2", drivers: [ScriptedDriver()], target: there) { second async throws in
                    let work = ActionWork.workload(WorkloadWork(workloadID: "web", objects: [], slots: [], timeoutSeconds: 60))
                    let answers = await withTaskGroup(of: (String, RoomError?).self) { group in
                        for index in 0..<8 {
                            let (host, runner) = index % 2 == 0 ? ("h1", first) : ("h2", second)
                            group.addTask {
                                do throws(RoomError) {
                                    _ = try await runner.order(work, verb: .remove, node: "web\(index)", wait: 20)
                                    return (host, nil)
                                } catch { return (host, error) }
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                    let hosts = Set(answers.filter { $0.1 == nil }.map(\.0))
                    #expect(hosts.count == 1, "\(answers)")
                    let refused = answers.compactMap(\.1)
                    #expect(
                        refused.count == 4
                            && refused.allSatisfy { $0.status == 503 && $0.body?.error == "RUN-014" && $0.isTransient })
                    // What is not local is done by whoever is asked.
                    for runner in [first, second] {
                        #expect(try await runner.order(.resource(), node: "any-\(runner.desk.owner.host)").state == .succeeded)
                    }
                    // Its containers go first; what else is local of it is still on its host.
                    let (home, other) = hosts == ["h1"] ? (first, second) : (second, first)
                    #expect(try await home.order(.environment, verb: .remove, node: "env", fence: 2).state == .succeeded)
                    let late = try await refusal { try await other.order(work, verb: .remove, node: "again") }
                    #expect(late.body?.error == "RUN-014")
                    // The environment goes, and with it its place.
                    try await home.client.send(.post, "/v1/environments/end", body: RunnerFixture.environment)
                    // An answer that got lost is asked for again, and by somebody who was fenced off: neither takes a place.
                    #expect(try await home.order(.environment, verb: .remove, node: "env", fence: 2).state == .succeeded)
                    let fenced = try await refusal { try await home.order(.environment, verb: .remove, node: "env", fence: 1) }
                    #expect(fenced.status == 409)
                    // One that is made later under its name is wherever it comes first.
                    #expect(try await other.order(work, verb: .remove, node: "anew").state == .succeeded)
                }
            }
        }
    }

    @Test func whoLosesTheActionStops() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = Self.hanging(gate)
            try await fixture.runner(host: "h1", drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the call") { driver.calls.count == 1 }
                try await fixture.administrator.execute("UPDATE runner.actions SET owner = 'h2/x'")
                // The gate stays shut: only its cancellation ends the call.
                try await eventually("the stop") { runner.desk.running.count == 0 }
                #expect(try await runner.order(.resource(), wait: 0).state == .running, "it is the other's")
                #expect(driver.calls.count == 1)
            }
        }
    }

    /// Cut off from the database, and held up by the broker until its lease is over: what has not begun by then does not begin before the
    /// database says whose it is.
    @Test(arguments: [true, false]) func nothingBeginsAfterTheLease(isTakenOver: Bool) async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            // No heartbeat within this test, as if none reached the database.
            let limits: @Sendable (inout ActionDesk.Limits) -> Void = {
                $0.heartbeatSeconds = 3600
                $0.leaseSeconds = 0.2
            }
            try await fixture.runner(host: "h1", drivers: [driver], change: limits) { runner async throws in
                fixture.broker.isAway = true
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the broker's refusal") { fixture.broker.refusals > 0 }
                let over = ContinuousClock.now + .milliseconds(200)
                try await eventually("the end of the lease") { ContinuousClock.now > over }
                if isTakenOver { try await fixture.administrator.execute("UPDATE runner.actions SET owner = 'h2/x'") }
                try await fixture.administrator.withTransaction { cutOff in
                    try await cutOff.execute("LOCK TABLE runner.actions IN ACCESS EXCLUSIVE MODE")
                    fixture.broker.isAway = false
                    try await eventually("the question for the lease") {
                        try await cutOff.query(
                            "SELECT 1 AS one FROM pg_locks WHERE relation = 'runner.actions'::regclass AND NOT granted"
                        ).count > 0
                    }
                    #expect(driver.calls.isEmpty)
                }
                try await eventually("the end") { runner.desk.running.count == 0 }
                #expect(driver.calls.count == (isTakenOver ? 0 : 1))
            }
        }
    }

    @Test func waitingForATurnIsNotBeingLost() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = Self.hanging(gate), other = ScriptedDriver()
            try await fixture.runner(host: "h1", drivers: [driver], change: { $0.concurrent = 1 }) { first async throws in
                _ = try await first.order(.resource(), node: "a", wait: 0)
                try await eventually("the call") { driver.calls.count == 1 }
                _ = try await first.order(.resource(), node: "waits", wait: 0)
                try await Self.age(fixture)
                try await eventually("two heartbeats") {
                    try await fixture.administrator.query(
                        "SELECT 1 AS one FROM runner.actions WHERE heartbeat_at > now() - interval '1 minute'"
                    )
                    .count == 2
                }
                try await fixture.runner(host: "h2", drivers: [other]) { second async throws in
                    #expect(try await second.order(.resource(), node: "waits", fence: 2, wait: 0).state == .running)
                }
                gate.open()
                #expect(try await first.done(.resource(), node: "waits", fence: 2).state == .succeeded)
                #expect(other.calls.isEmpty)
                #expect(driver.calls.count == 2)
            }
        }
    }

    @Test func aGracefulShutdownEndsWhatCanEndAndLeavesTheRest() async throws {
        try await RunnerFixture.with { fixture in
            let first = Gate(), never = Gate()
            let driver = ScriptedDriver { request, _ throws(DriverError) in
                if request.key.contains("ends") { try await first.pass() } else { try await never.pass() }
                return DriverResult()
            }
            try await fixture.runner(
                drivers: [driver],
                change: {
                    $0.concurrent = 2
                    // All of it is waited for what hangs; what ends has to be on record by then, on a busy machine, too.
                    $0.drainSeconds = 12
                }
            ) { runner async throws in
                for node in ["ends", "hangs"] { _ = try await runner.order(.resource(), node: node, wait: 0) }
                try await eventually("both calls") { driver.calls.count == 2 }
                _ = try await runner.order(.resource(), node: "waits", wait: 0)
                await runner.services.triggerGracefulShutdown()
                first.open()
                try await eventually("the end of all") { runner.desk.running.count == 0 }
            }
            let states = try await fixture.administrator.query(
                "SELECT node, state, started_at < 'infinity' AS begun FROM runner.actions ORDER BY 1")
            #expect(
                try states.map { "\(try $0.string("node")) \(try $0.string("state")) \(try $0.bool("begun"))" } == [
                    "ends succeeded true", "hangs running true", "waits running false",
                ])
            never.open()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                for node in ["ends", "hangs", "waits"] {
                    #expect(try await runner.order(.resource(), node: node, fence: 2).state == .succeeded)
                }
                #expect(driver.calls.count == 4)
            }
        }
    }
}
