import Testing

@testable import DirectoryRules

@Suite struct SyncPlanTests {
    private func people(_ count: Int, in groups: Set<String> = ["cn=a"]) -> [KnownPerson] {
        (0..<count).map { KnownPerson(id: String($0), groupsWithRoles: groups) }
    }

    @Test func whoeverStaysLosesNothing() {
        let plan = SyncPlan(
            people: people(3), findings: ["0": .found(groups: ["cn=a", "cn=b"]), "1": .found(groups: ["cn=a"])], sights: [:],
            anybodyVisible: nil)
        #expect(plan.losses.isEmpty && plan.unknown == ["2": "was not asked about"])
    }

    @Test func goneDisabledAndLeft() {
        let plan = SyncPlan(
            people: people(4), findings: ["0": .gone, "1": .barred("x"), "2": .found(groups: []), "3": .unknown("down")],
            sights: ["cn=a": .hasMembers], anybodyVisible: true)
        #expect(
            plan.losses == [
                .init(person: "0", cause: .gone, hold: nil), .init(person: "1", cause: .barred("x"), hold: nil),
                .init(person: "2", cause: .left(["cn=a"]), hold: nil),
            ])
        #expect(plan.unknown == ["3": "down"] && plan.held.isEmpty && plan.confirmation == "")
    }

    /// T17: an answer of nothing is not the same as an answer about somebody.
    @Test func t17NothingAtAllIsHeldBack() {
        let nobody = SyncPlan(people: people(1), findings: ["0": .gone], sights: [:], anybodyVisible: false)
        #expect(nobody.losses == [.init(person: "0", cause: .gone, hold: .nobodyVisible)])
        #expect(nobody.confirmation == "0 gone")
        let silent = SyncPlan(people: people(1), findings: ["0": .gone], sights: [:], anybodyVisible: nil)
        #expect(silent.losses.isEmpty && silent.unknown.count == 1)
        let two: [KnownPerson] = [KnownPerson(id: "0", groupsWithRoles: ["cn=a", "cn=b", "cn=c"])]
        let mixed = SyncPlan(
            people: two, findings: ["0": .found(groups: [])], sights: ["cn=a": .isEmpty, "cn=b": .hasMembers],
            anybodyVisible: true)
        #expect(
            mixed.losses == [
                .init(person: "0", cause: .left(["cn=b"]), hold: nil),
                .init(person: "0", cause: .left(["cn=a"]), hold: .groupsEmpty(["cn=a"])),
                .init(person: "0", cause: .left(["cn=c"]), hold: .groupsUnknown(["cn=c"])),
            ])
    }

    @Test(arguments: [
        (5, 5, false), (6, 6, true), (6, 30, false), (6, 29, true), (20, 100, false), (21, 100, true), (5, 10, false),
    ])
    func t17ManyAtOnceAreHeldBack(_ losing: Int, _ all: Int, _ isMass: Bool) {
        var findings: [String: SyncFinding] = [:]
        for index in 0..<all { findings[String(index)] = index < losing ? .gone : .found(groups: ["cn=a"]) }
        let plan = SyncPlan(people: people(all), findings: findings, sights: [:], anybodyVisible: true)
        #expect(plan.losses.count == losing)
        #expect(plan.held.count == (isMass ? losing : 0))
        #expect(plan.held.allSatisfy { $0.hold == .many })
    }

    /// Over random directories: nobody loses what the directory did not clearly take, and nothing falls beyond the bound.
    @Test func t17Properties() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let groups = ["cn=a", "cn=b", "cn=c"]
            let known = (0..<Int.random(in: 1...40, using: &random)).map { index in
                KnownPerson(id: "p\(index)", groupsWithRoles: Set(groups.filter { _ in Bool.random(using: &random) }))
            }
            var findings: [String: SyncFinding] = [:], sights: [String: GroupSight] = [:]
            for person in known {
                findings[person.id] =
                    [.gone, .barred("d"), .unknown("u"), .found(groups: []), .found(groups: ["cn=a"]), nil].randomElement(
                        using: &random) ?? nil
            }
            for group in groups {
                sights[group] = [.hasMembers, .isEmpty, .unknown("u"), nil].randomElement(using: &random) ?? nil
            }
            let visible: Bool? = [true, false, nil].randomElement(using: &random) ?? nil
            let plan = SyncPlan(people: known, findings: findings, sights: sights, anybodyVisible: visible)
            let falling = plan.losses.filter { $0.hold == nil }
            #expect(!MassRemovalRule().isMass(Set(falling.map(\.person)).count, of: known.count))
            for loss in falling {
                switch (loss.cause, findings[loss.person]) {
                case (.gone, .gone): #expect(visible == true)
                case (.barred, .barred): break
                case (.left(let left), .found(let now)):
                    #expect(left.allSatisfy { !now.contains($0) && sights[$0] == .hasMembers })
                default: Issue.record("\(loss) from \(String(describing: findings[loss.person]))")
                }
            }
            #expect(plan.losses.allSatisfy { plan.unknown[$0.person] == nil })
        }
    }
}
