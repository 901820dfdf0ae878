import Glibc
import TestSupport
import Testing

@testable import FaultPoints

@Suite struct FaultPlanTests {
    private let point = FaultPoint("sample.place")

    @Test(arguments: [
        ("a.b=crash", FaultPlan.Action.crash), ("a.b=fail", .fail), ("a.b=lie", .lie), ("a.b=stop", .stop),
        ("a.b=delay:1.5", .delay(seconds: 1.5)),
    ])
    func forms(text: String, action: FaultPlan.Action) {
        #expect(FaultPlan(text) == FaultPlan(point: FaultPoint("a.b"), action: action))
    }

    @Test(arguments: [
        "", "a.b", "=crash", "a.b=", "a.b=explode", "a.b=delay", "a.b=delay:x", "a.b=delay:-1", "a.b=crash:now",
        "@2=crash", "a.b/=crash", "/provision=crash", "a.b/c/d=crash", "a.b@=crash", "a.b@0=crash", "a.b@x=crash",
        "a.b@1@2=crash",
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
        #expect(folder.read("fired") == "\(getpid())\n")
        try await plan.reach(point)
    }

    @Test func forOneVerb() async throws {
        let plan = try #require(FaultPlan("sample.place/destroy=fail"))
        #expect(plan == FaultPlan(point: point, action: .fail, verb: "destroy"))
        try await plan.reach(point)
        try await FaultVerb.during("provision") { try await plan.reach(point) }
        await #expect(throws: FaultInjected.self) { try await FaultVerb.during("destroy") { try await plan.reach(point) } }
    }

    @Test func aFolderIsLookedAtEachTime() async throws {
        let folder = try TemporaryFolder("fault"), faults = FaultFolder(folder.path)
        #expect(faults.plans(at: point, verb: nil).isEmpty)
        try folder.write("other.place=crash\nsample.place/destroy=lie\nnonsense\nsample.place=fail\n", to: "plan")
        let provision = try #require(faults.plans(at: point, verb: "provision").first)
        #expect(provision.action == .fail && provision.onceFile == folder.file("fired.sample.place.provision"))
        #expect(faults.plans(at: point, verb: "destroy").map(\.action) == [.lie, .fail])
        #expect(faults.plans(at: FaultPoint("sample.placeholder"), verb: nil).isEmpty)
        await #expect(throws: FaultInjected.self) { try await provision.reach(point) }
        #expect(folder.read("fired.sample.place.provision") == "\(getpid())\n")
        try await provision.reach(point)
        let lines = ["sample.place -", "sample.place provision", "sample.place destroy", "sample.placeholder -"]
        #expect(folder.read("reached") == lines.map { $0 + "\n" }.joined())
    }
    @Test func eachOccurrenceFiresOnce() throws {
        let folder = try TemporaryFolder("fault"), faults = FaultFolder(folder.path)
        try folder.write("run 1\nsample.place=crash\nsample.place@2=crash\n", to: "plan")
        let files = faults.plans(at: point, verb: "plan").map(\.onceFile)
        #expect(files == ["fired.sample.place.plan", "fired.sample.place@2.plan"].map { folder.file($0) })
    }

    @Test func onceForEachSubject() async throws {
        let folder = try TemporaryFolder("fault"), faults = FaultFolder(folder.path)
        try folder.write("run 1\nsample.place/*=fail\n", to: "plan")
        for subject in ["a", "b/c"] {
            let plan = try #require(faults.plans(at: point, verb: "destroy", subject: subject).first)
            await #expect(throws: FaultInjected.self) { try await plan.reach(point) }
            try await plan.reach(point)
        }
        #expect(folder.read("fired.sample.place.destroy.a") != nil && folder.read("fired.sample.place.destroy.b_c") != nil)
    }
}
