import TestSupport
import Testing

@testable import FaultPoints

@Suite struct FaultPlanTests {
    private let point = FaultPoint("sample.place")

    @Test(arguments: [
        ("a.b=crash", FaultPlan.Action.crash), ("a.b=fail", .fail), ("a.b=lie", .lie), ("a.b=delay:1.5", .delay(seconds: 1.5)),
    ])
    func forms(text: String, action: FaultPlan.Action) {
        #expect(FaultPlan(text) == FaultPlan(point: FaultPoint("a.b"), action: action))
    }

    @Test(arguments: [
        "", "a.b", "=crash", "a.b=", "a.b=explode", "a.b=delay", "a.b=delay:x", "a.b=delay:-1", "a.b=crash:now",
        "@2=crash", "a.b@=crash", "a.b@0=crash", "a.b@x=crash", "a.b@1@2=crash",
    ])
    func notOfTheForm(text: String) { #expect(FaultPlan(text) == nil) }

    @Test func failAndLieThrowAtTheirPointOnly() async throws {
        await #expect(throws: FaultInjected(point: point, done: false)) {
            try await FaultPlan(point: point, action: .fail).reach(point)
        }
        await #expect(throws: FaultInjected(point: point, done: true)) {
            try await FaultPlan(point: point, action: .lie).reach(point)
        }
        try await FaultPlan(point: FaultPoint("other"), action: .fail).reach(point)
    }

    @Test func delayIsLate() async throws {
        let start = ContinuousClock.now
        try await FaultPlan(point: point, action: .delay(seconds: 0.05)).reach(point)
        #expect(ContinuousClock.now - start >= .milliseconds(50))
    }

    @Test func firesFromItsOccurrenceOn() async throws {
        let plan = try #require(FaultPlan("sample.third@3=fail"))
        let third = FaultPoint("sample.third")
        #expect(plan == FaultPlan(point: third, action: .fail, occurrence: 3))
        try await plan.reach(third)
        try await plan.reach(point)
        try await plan.reach(third)
        await #expect(throws: FaultInjected.self) { try await plan.reach(third) }
        await #expect(throws: FaultInjected.self) { try await plan.reach(third) }
    }

    @Test func onceForTheMachine() async throws {
        let folder = try TemporaryFolder("fault")
        let plan = FaultPlan(point: point, action: .fail, onceFile: folder.file("fired"))
        await #expect(throws: FaultInjected.self) { try await plan.reach(point) }
        #expect(folder.read("fired") == "")
        try await plan.reach(point)
    }
}
