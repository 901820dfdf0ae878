import PlatformModel
import Testing

@testable import Planning

struct CollectionPlanTests {
    private static let hour: Int64 = 3_600_000
    private static let now = Timestamp(milliseconds: 1_000 * hour)

    private static func identity(_ type: String) -> ResourceIdentity { ResourceIdentity(type: type, id: "shared.x") }

    private static func unused(
        _ type: String, hours: Int64? = 500, needs: [String] = [], holdsData: Bool? = false
    ) -> UnusedResource {
        UnusedResource(
            identity: identity(type), guResID: "g-\(type)", definitionID: "d", driverType: "martlet/echo",
            since: hours.map { Timestamp(milliseconds: now.milliseconds - $0 * hour) }, dependsOn: needs.map(identity),
            holdsData: holdsData, doubt: holdsData == nil ? "DRV-001" : nil)
    }

    private func plan(
        _ unused: [UnusedResource], used: [(String, [String])] = [], named: [String] = [], window: Int64 = 168
    ) -> CollectionPlan {
        CollectionPlan.make(
            unused: unused,
            standing: unused.map { ($0.identity, $0.dependsOn) } + used.map { (Self.identity($0.0), $0.1.map(Self.identity)) },
            named: Set(named.map(Self.identity)), window: window * Self.hour, now: Self.now)
    }

    private func words(_ plan: CollectionPlan) -> [String] {
        plan.lines.map { "\($0.isCollected ? "-" : "=") \($0.resource.identity.type)" }
    }

    @Test func dependentsGoFirst() {
        // c needs b needs a; d needs a.
        let plan = plan([
            Self.unused("a"), Self.unused("b", needs: ["a"]), Self.unused("c", needs: ["b"]), Self.unused("d", needs: ["a"]),
        ])
        #expect(words(plan) == ["- c", "- d", "- b", "- a"])
    }

    @Test func whatIsNeededStays() {
        let plan = plan([Self.unused("a"), Self.unused("b", needs: ["a"])], used: [("web", ["b"])])
        #expect(words(plan) == ["= a", "= b"])
        #expect(plan.lines.map(\.reason).allSatisfy { $0.contains("which stays, depends on it") })
        // Two that need each other stay, too.
        #expect(words(self.plan([Self.unused("a", needs: ["b"]), Self.unused("b", needs: ["a"])])) == ["= a", "= b"])
    }

    @Test func theWindowCounts() {
        #expect(words(plan([Self.unused("a", hours: 167)])) == ["= a"])
        #expect(words(plan([Self.unused("a", hours: 168)])) == ["- a"])
        #expect(words(plan([Self.unused("a", hours: 0)], window: 0)) == ["- a"])
        #expect(words(plan([Self.unused("a", hours: nil)], window: 0)) == ["= a"])
        // A younger one keeps what it needs.
        #expect(words(plan([Self.unused("a"), Self.unused("b", hours: 1, needs: ["a"])])) == ["= a", "= b"])
        // A name does not shorten it.
        #expect(words(plan([Self.unused("a", hours: 1)], named: ["a"])) == ["= a"])
    }

    @Test func dataGoesOnlyWhenItIsNamed() {
        let data = Self.unused("a", holdsData: true), doubtful = Self.unused("b", holdsData: nil)
        let kept = plan([data, doubtful])
        #expect(words(kept) == ["= a", "= b"])
        #expect(kept.lines[1].reason.contains("DRV-001"))
        #expect(words(plan([data, doubtful], named: ["a"])) == ["- a", "= b"])
        #expect(words(plan([data, doubtful], named: ["a", "b"])) == ["- a", "- b"])
    }
}
