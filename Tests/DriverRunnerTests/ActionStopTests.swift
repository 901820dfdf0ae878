import DeployTargets
import Drivers
import HTTPTypes
import PlatformModel
import Postgres
import PureDrivers
import ServiceAPI
import TestSupport
import Testing

@testable import DriverRunner

/// Actions that are told to stop.
@Suite struct ActionStopTests {
    @Test(arguments: [true, false]) func aRunningDriverIsCancelledAndWhatCanBeKnownIsSaid(canFind: Bool) async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver(canFind: canFind) { _, _ throws(DriverError) in
                try await gate.pass()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the driver's call") { driver.calls.count == 1 }
                let reply = try await runner.stopped(.resource())
                #expect(reply.state == (canFind ? .failed : .unknown))
                #expect(reply.failure?.code == (canFind ? "RUN-011" : "RUN-012"))
                #expect(reply.failure?.message.hasPrefix("cancelled by alice, while the driver") == true)
                #expect(try await runner.order(.resource()) == reply, "it is not done again")
                #expect(try await runner.stopped(.resource()) == reply)
                #expect(driver.calls.count == 1)
                #expect(
                    try await runner.order(.resource(), attempt: 2, wait: 0).state == .running, "another try is another action")
                gate.open()
                #expect(try await runner.order(.resource(), attempt: 2).state == .succeeded)
            }
        }
    }

    @Test func whatEndsWellAllTheSameCounts() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                await gate.passDeaf()
                return DriverResult(values: ["host": "db"])
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the driver's call") { driver.calls.count == 1 }
                let reply = try await runner.stop(.resource(), wait: 0)
                #expect(reply.state == .running)
                gate.open()
                let end = try await runner.stopped(.resource())
                #expect(end.state == .succeeded && end.outputs?.values == ["host": "db"])
            }
        }
    }

    @Test func aDriverThatDoesNotListenIsUnknown() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                await gate.passDeaf()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver], change: { $0.stopSeconds = 0.5 }) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the driver's call") { driver.calls.count == 1 }
                let reply = try await runner.stopped(.resource())
                #expect(reply.state == .unknown && reply.failure?.code == "RUN-012")
                gate.open()
                try await eventually("the driver's end") { runner.desk.running.count == 0 }
                #expect(try await runner.order(.resource()) == reply)
            }
        }
    }

    /// The word to stop comes before the order, which may still be on its way.
    @Test func whatNeverBeganNeverWill() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.stopped(.resource())
                #expect(reply.state == .failed && reply.failure?.code == "RUN-011")
                #expect(reply.failure?.message == "cancelled by alice, before it began: nothing was done")
                #expect(try await runner.order(.resource()) == reply)
                #expect(driver.calls.isEmpty)
            }
        }
    }

    @Test func whatWaitsForItsTurnIsNotBegun() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                try await gate.pass()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver], change: { $0.concurrent = 1 }) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the driver's call") { driver.calls.count == 1 }
                #expect(try await runner.order(.resource(), deployment: "d2", wait: 0).state == .running)
                let reply = try await runner.stopped(.resource(), deployment: "d2")
                #expect(reply.failure?.message == "cancelled by alice, before it began: nothing was done")
                gate.open()
                #expect(try await runner.order(.resource()).state == .succeeded)
                #expect(driver.calls.count == 1)
            }
        }
    }

    @Test func aLowerFenceStopsNothing() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                try await gate.pass()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), fence: 5, wait: 0).state == .running)
                let error = try await refusal { try await runner.stop(.resource(), fence: 4) }
                #expect(error.status == 409)
                gate.open()
                #expect(try await runner.order(.resource(), fence: 5).state == .succeeded)
            }
        }
    }

    /// A runner that was told to stop an action is lost before it could say how that ended; the next one does not begin it again.
    @Test func theNextRunnerKnowsOfIt() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                await gate.passDeaf()
                throw DriverError(code: "DRV-999", message: "lost", kind: .failed)
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), wait: 0).state == .running)
                try await eventually("the driver's call") { driver.calls.count == 1 }
                #expect(try await runner.stop(.resource(), wait: 0).state == .running)
                gate.open()
            }
            try await fixture.administrator.execute(
                "UPDATE runner.actions SET state = 'running', reply = NULL, owner = 'h1/gone'")
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.order(.resource())
                #expect(reply.state == .failed && reply.failure?.code == "RUN-011")
                #expect(driver.calls.count == 1)
            }
        }
    }

    @Test func aWorkloadsRolloutIsCancelled() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.stopped(.workload([["kind": "Service"]]), verb: .deploy)
                #expect(reply.failure?.code == "RUN-011")
                #expect(try await runner.order(.workload([["kind": "Service"]]), verb: .deploy) == reply)
            }
        }
    }
}

extension Runner {
    func stop(
        _ work: ActionWork, verb: ActionVerb = .provision, deployment: String = "d1", fence: Int64 = 1, wait: Int = 20
    ) async throws(RoomError) -> ActionReply {
        let key = ActionKey(deploymentID: deployment, node: RunnerFixture.node, verb: verb, attempt: 1)
        let request = ActionRequest(fence: fence, environment: RunnerFixture.environment, grant: "g", work: work)
        return try await client.call(
            .post, key.stopPath, query: [("wait", "\(wait)")], body: ActionStop(order: request, reason: "cancelled by alice"),
            timeout: .seconds(120))
    }

    /// Tells it to stop until it has ended.
    func stopped(
        _ work: ActionWork, verb: ActionVerb = .provision, deployment: String = "d1"
    ) async throws -> ActionReply {
        try await eventually("the end of \(verb)") {
            let reply = try await self.stop(work, verb: verb, deployment: deployment)
            return reply.state == .running ? nil : reply
        }
    }
}
