import Drivers
import HTTPTypes
import PlatformModel
import PureDrivers
import ServiceAPI
import TestSupport
import Testing

@testable import DriverRunner

/// What drivers say beforehand of what a plan would do.
@Suite(.timeLimit(.minutes(5)))
struct ForesightTests {
    private static let source = "orgs/acme/definitions/db/password"

    private func ask(
        _ runner: Runner, _ resources: [(ActionWork, ForeseenAction, obstacle: String?)], withinSeconds: Int? = nil
    ) async throws -> [InspectionFinding] {
        let inspected = resources.compactMap { work, action, obstacle in
            if case .resource(let work) = work {
                InspectedResource(work: work, last: nil, foresees: action, obstacle: obstacle)
            } else {
                nil
            }
        }
        let reply: InspectionReply = try await runner.client.call(
            .post, "/v1/inspections",
            body: InspectionRequest(
                id: "p1", environment: RunnerFixture.environment, grant: "look", resources: inspected,
                withinSeconds: withinSeconds),
            timeout: .seconds(60))
        return reply.resources
    }

    @Test func whatIsToldIsMaskedAndWhoSaysNothingIsNotAsked() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, "first-horse-4711")
            fixture.broker.grant("look", reads: [Self.source], readPrefix: RunnerFixture.prefix)
            let driver = ForesightedDriver { action, request throws(DriverError) in
                let password = request.secrets["password"]?.string ?? ""
                if action == .destroy {
                    throw DriverError(code: "DRV-990", message: "no way in with \(password)", kind: .transient)
                }
                return PlannedEffects([.init("key[\"\(password)\"]", .create), .init("\(action.rawValue)", .update)])
            }
            let work = ActionWork.resource(secrets: ["password": nil], slots: [.whole("/secrets/password", Self.source)])
            // Its secret is not even there.
            let echo = ActionWork.resource(
                secrets: ["password": nil], slots: [.whole("/secrets/password", "orgs/acme/none")], driver: "martlet/echo")
            try await fixture.runner(drivers: [driver, EchoDriver()]) { runner async throws in
                let rows = try await fixture.kept()
                let found = try await ask(
                    runner,
                    [
                        (work, .provision, nil), (work, .anew, nil), (work, .destroy, nil), (echo, .provision, nil),
                        (work, .provision, "its inputs are not known"), (echo, .provision, "its inputs are not known"),
                        (.resource(driver: "martlet/nix"), .provision, nil),
                    ])
                #expect(found[0].effects == PlannedEffects([.init("key[\"******\"]", .create), .init("provision", .update)]))
                #expect(found[1].effects?.effects.last?.object == "anew")
                #expect(found[2].state == .failed && found[2].code == "DRV-990" && found[2].reason == "no way in with ******")
                #expect(found[3].effects == nil && found[3].state == .cannotTell)
                #expect(found[4].effects == .unknown("its inputs are not known"))
                #expect(found[5].effects == nil && found[5].state == .cannotTell)
                #expect(found[6].state == .failed && found[6].code == "DRV-001")
                #expect(try await fixture.kept() == rows)
            }
        }
    }

    /// One that takes too long is told so, and takes nobody else's time.
    @Test func theTimeOfAllIsBounded() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.grant("look", readPrefix: RunnerFixture.prefix)
            let driver = ForesightedDriver { action, _ throws(DriverError) in
                if action == .destroy {
                    try? await Task.sleep(for: .seconds(300))  // Holds the answer open until the time is over.
                }
                return PlannedEffects()
            }
            try await fixture.runner(drivers: [driver, EchoDriver()]) { runner async throws in
                // More than there are slots: what waits for one ends as well.
                let slow = Array(repeating: (ActionWork.resource(), ForeseenAction.destroy, String?.none), count: 10)
                let begun = ContinuousClock.now
                let found = try await ask(
                    runner, slow + [(.resource(driver: "martlet/echo"), .provision, nil)], withinSeconds: 1)
                #expect(ContinuousClock.now - begun < .seconds(20))
                #expect(found.prefix(10).allSatisfy { $0.state == .failed && $0.effects == nil })
                #expect(found.prefix(10).contains { $0.code == "RUN-010" })
                #expect(found.last?.state == .cannotTell)
                await #expect(throws: RoomError.self) { try await ask(runner, [], withinSeconds: 0) }
            }
        }
    }
}

/// A driver that foresees what the test says.
private struct ForesightedDriver: Driver {
    let name = "scripted"
    let canFind = true
    let canForesee = true
    var foresee: @Sendable (ForeseenAction, DriverRequest) async throws(DriverError) -> PlannedEffects

    func check(_ request: DriverRequest) -> [Problem] { [] }
    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        DriverResult()
    }
    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}
    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding { .absent }
    func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        try await foresee(action, request)
    }
}
