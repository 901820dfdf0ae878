import PlatformModel
import Testing

@Suite struct PlannedEffectsTests {
    @Test func allAreCountedAndSomeAreKept() throws {
        var effects = PlannedEffects()
        for number in 0..<150 { effects.add(.init("thing \(number)", number < 120 ? .create : .delete)) }
        effects.add(.init("thing", .forget))
        #expect(effects.create == 120 && effects.delete == 30 && effects.update == 0)
        #expect(effects.effects.count == PlannedEffects.limit)
        #expect(try JSON(encoding: effects).decode(PlannedEffects.self) == effects)
    }

    @Test func whatIsDestroyedComesFirst() {
        let old = PlannedEffects([.init("a", .delete)]), new = PlannedEffects([.init("b", .create)])
        let both = old.followed(by: new)
        #expect(both.create == 1 && both.delete == 1 && both.effects.map(\.object) == ["a", "b"])
        let unknown = PlannedEffects.unknown("why", code: "DRV-705")
        #expect(old.followed(by: unknown) == unknown && unknown.followed(by: new) == unknown)
    }

    @Test func textsAreChangedWhereverPeopleSeeThem() {
        let told = PlannedEffects([.init("key[\"sesame\"]", .create)]).mapTexts { $0.replacing("sesame", with: "***") }
        #expect(told.effects.map(\.object) == ["key[\"***\"]"] && told.create == 1)
        #expect(PlannedEffects.unknown("no sesame").mapTexts { $0.replacing("sesame", with: "***") }.reason == "no ***")
    }
}
