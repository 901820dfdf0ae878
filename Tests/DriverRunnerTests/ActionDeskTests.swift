import DeployTargets
import Drivers
import PlatformModel
import Postgres
import PureDrivers
import ServiceAPI
import TestSupport
import Testing

@testable import DriverRunner

/// Orders by their fences and keys.
@Suite struct ActionDeskTests {
    @Test func aLowerFenceIsRefusedAndNeverRuns() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource(), fence: 7).state == .succeeded)
                let error = try await refusal { try await runner.order(.resource(), fence: 6) }
                #expect(error.status == 409)
                #expect(error.body?.error == "fenced")
                #expect(error.body?.message.contains("fence 7") == true)
                // A higher one is what the next lower one is measured by.
                #expect(try await runner.order(.resource(), fence: 9).state == .succeeded)
                let again = try await refusal { try await runner.order(.resource(), fence: 8) }
                #expect(again.status == 409)
                #expect(driver.calls.count == 1)
            }
        }
    }

    @Test func whoAsksForARunningKeyAttaches() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                try await gate.pass()
                return DriverResult(values: ["host": "db"])
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                async let first = runner.order(.resource(), fence: 1)
                async let second = runner.order(.resource(), fence: 1)
                try await eventually("the call") { driver.calls.count == 1 }
                #expect(try await runner.order(.resource(), fence: 1, wait: 0).state == .running)
                gate.open()
                #expect(try await first.outputs?.values == ["host": "db"])
                #expect(try await second == first)
                #expect(driver.calls.count == 1)
                #expect(try await runner.order(.resource(), fence: 3) == first, "the stored answer")
                #expect(driver.calls.count == 1)
                try await eventually("nothing is kept of what ended") { runner.desk.running.count == 0 }
            }
        }
    }

    @Test func manyAskAtOnceAndItIsDoneOnce() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver { _, _ throws(DriverError) in DriverResult(values: ["a": 1]) }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let nodes = (0..<10).map { "node\($0)" }
                let replies = try await withThrowingTaskGroup(of: ActionReply.self) { group in
                    for node in nodes + nodes + nodes { group.addTask { try await runner.done(.resource(), node: node) } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(replies.count == 30)
                #expect(replies.allSatisfy { $0.state == .succeeded })
                #expect(Set(driver.calls.map(\.key)).count == 10)
                #expect(driver.calls.count == 10)
            }
        }
    }

    @Test func anotherTryIsAnotherKey() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                _ = try await runner.order(.resource(), attempt: 1)
                _ = try await runner.order(.resource(), attempt: 2)
                #expect(
                    driver.calls.map(\.key) == ["d1/\(RunnerFixture.node)/provision/1", "d1/\(RunnerFixture.node)/provision/2"])
            }
        }
    }

    @Test func theQueueIsBoundedAndWhatWasRefusedIsDoneLater() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            // It cannot find what it did: whoever took a refused order for a lost one would answer `unknown`.
            let driver = ScriptedDriver(canFind: false) { _, _ throws(DriverError) in
                try await gate.pass()
                return DriverResult()
            }
            try await fixture.runner(
                drivers: [driver],
                change: {
                    $0.concurrent = 1
                    $0.queued = 1
                }
            ) { runner async throws in
                #expect(try await runner.order(.resource(), node: "a", wait: 0).state == .running)
                try await eventually("the call") { driver.calls.count == 1 }
                #expect(try await runner.order(.resource(), node: "b", wait: 0).state == .running)
                let error = try await refusal { try await runner.order(.resource(), node: "c", wait: 0) }
                #expect(error.status == 503)
                #expect(try await fixture.dump().contains(",c,") == false, "nothing is kept of what was refused")
                #expect(try await runner.order(.resource(), node: "a", wait: 0).state == .running, "attaching needs no place")
                gate.open()
                for node in ["a", "b", "c"] { #expect(try await runner.done(.resource(), node: node).state == .succeeded) }
                #expect(driver.calls.count == 3)
            }
        }
    }

    @Test func aLongPollReturnsWithNews() async throws {
        try await RunnerFixture.with { fixture in
            let first = Gate(), second = Gate(), line = "creating a role & 50% done: ü+?/#"
            let driver = ScriptedDriver { _, context throws(DriverError) in
                try await first.pass()
                context.progress(line)
                try await second.pass()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                async let news = runner.order(.resource(), wait: 20)
                try await eventually("the call") { driver.calls.count == 1 }
                first.open()
                let start = ContinuousClock.now
                #expect(try await news.progress == line)
                #expect(ContinuousClock.now - start < .seconds(19))
                #expect(
                    try await runner.order(.resource(), wait: 0, seen: line).progress == line, "nothing new: the wait is over")
                async let end = runner.order(.resource(), wait: 20, seen: line)
                second.open()
                #expect(try await end.state == .succeeded)
            }
        }
    }

    @Test func aDriverThatHangsIsToldAsUnknownAtTheDeadline() async throws {
        try await RunnerFixture.with { fixture in
            let gate = Gate()
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                await gate.passDeaf()
                return DriverResult()
            }
            try await fixture.runner(drivers: [driver], change: { $0.actionSeconds = 5 }) { runner async throws in
                let reply = try await runner.order(.resource())
                #expect(reply.state == .unknown)
                #expect(reply.failure?.code == "RUN-004")
                #expect(try await runner.order(.resource()) == reply)
                gate.open()
                try await eventually("the driver's end") { runner.desk.running.count == 0 }
                #expect(try await runner.order(.resource()) == reply, "what it did too late changes nothing")
                #expect(driver.calls.count == 1)
            }
        }
    }

    static let wrong: [(work: ActionWork, verb: ActionVerb, part: String)] = [
        (.resource(), .deploy, "verb: deploy is not for resources"),
        (.workload([[:]]), .provision, "verb: provision is not for workloads"),
        (.environment, .provision, "verb: provision is not for environments"),
        (.workload([]), .deploy, "objects: a deployed workload has some"),
        (
            .resource(
                ResourceWork(
                    identity: ResourceIdentity(type: "a", id: "b"), guResID: "", driverType: "martlet/scripted",
                    inputs: ["vlues": [:]], slots: [])), .provision,
            "guResID: must not be empty; inputs.vlues: not a member of it; did you mean 'values'?"
        ),
        (
            .resource(
                ResourceWork(
                    identity: ResourceIdentity(type: "a", id: "b"), guResID: "x", driverType: "martlet/scripted", inputs: [],
                    slots: [])),
            .provision, "inputs: an object is needed, not array"
        ),
    ]

    @Test func ordersThatMakeNoSenseAreRefusedAndNotKept() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver()
            try await fixture.runner(drivers: [driver]) { runner async throws in
                for (work, verb, part) in Self.wrong {
                    let error = try await refusal { try await runner.order(work, verb: verb) }
                    #expect(error.status == 422)
                    #expect(error.body?.error == "RUN-001")
                    #expect(error.body?.message.contains(part) == true, "\(error.description)")
                }
                let path = try await refusal { try await runner.order(.resource(), attempt: 0) }
                #expect(path.status == 400)
                #expect(try await !fixture.dump().contains("acme"))
                #expect(driver.calls.isEmpty)
            }
        }
    }

    @Test func driverErrorsBecomeReplies() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver { request, _ throws(DriverError) in
                let kind = DriverError.Kind(rawValue: request.values["kind"]?.string ?? "") ?? .failed
                throw DriverError(code: "DRV-9", message: "it did not", kind: kind)
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                for (kind, state, retryable) in [
                    ("invalidInput", ActionState.failed, false), ("refused", .failed, false), ("transient", .failed, true),
                    ("failed", .failed, false), ("unknown", .unknown, false),
                ] {
                    let reply = try await runner.order(.resource(values: ["kind": .string(kind)]), node: kind)
                    #expect(
                        reply
                            == ActionReply(
                                state: state, failure: ActionFailure(code: "DRV-9", message: "it did not", retryable: retryable)))
                }
                let problems = try await runner.order(.resource(values: ["wrong": 1]))
                #expect(problems.failure?.code == "DRV-002")
                #expect(problems.failure?.message.contains("must not be there") == true)
                #expect(problems.failure?.message.contains("is missing") == true, "all problems at once")
                let unknown = try await runner.order(.resource(driver: "humanitec/scriptd"), node: "n")
                #expect(unknown.failure?.code == "DRV-001")
                #expect(unknown.failure?.message.contains("did you mean 'humanitec/scripted'?") == true)
            }
        }
    }
}
