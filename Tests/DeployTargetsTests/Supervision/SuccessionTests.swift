import Testing

@testable import DeployTargets

@Suite struct SuccessionTests {
    /// - Parameter name: `b-0`: the revision, and the number.
    private static func replica(
        _ name: String, ready: Bool = true, whole: Bool = true, wanted: Int = 1, retires: Set<String> = []
    ) -> Succession.Standing {
        Succession.Standing(
            tag: name, revision: String(name.prefix(1)), isWhole: whole, isReady: ready, wanted: wanted, retires: retires)
    }

    @Test func olderOnesGoOnceAllNewerOnesAreReady() {
        let old = [Self.replica("a-0"), Self.replica("a-1")]
        func retired(_ ready: [Bool]) -> Set<String> {
            Succession.retired(
                old + ready.enumerated().map { Self.replica("b-\($0)", ready: $1, wanted: 2, retires: ["a-0", "a-1"]) })
        }
        #expect(retired([true, true]) == ["a-0", "a-1"])
        #expect(retired([true, false]).isEmpty && retired([true]).isEmpty)
    }

    @Test func whatIsNotWholeIsNotReady() {
        #expect(Succession.retired([Self.replica("a-0"), Self.replica("b-0", whole: false, retires: ["a-0"])]).isEmpty)
    }

    @Test func onlyWhatAllOfThemNameGoes() {
        let standing = [
            Self.replica("a-0"), Self.replica("a-1"), Self.replica("b-0", wanted: 2, retires: ["a-0", "a-1"]),
            Self.replica("b-1", wanted: 2, retires: ["a-1", "b-0"]),
        ]
        #expect(Succession.retired(standing) == ["a-1"])
    }

    @Test func threeGenerationsGoInTheirOrder() {
        let first = Self.replica("a-0"), last = Self.replica("c-0", ready: false, retires: ["a-0", "b-0"])
        #expect(Succession.retired([first, Self.replica("b-0", retires: ["a-0"]), last]) == ["a-0"])
        #expect(Succession.retired([first, Self.replica("b-0", ready: false, retires: ["a-0"]), last]).isEmpty)
        let ready = Self.replica("c-0", retires: ["a-0", "b-0"])
        #expect(Succession.retired([first, Self.replica("b-0", ready: false, retires: ["a-0"]), ready]) == ["a-0", "b-0"])
    }

    @Test func nobodyIsLeftAloneWhoMightBeTakenAway() {
        let old = Self.replica("a-0")
        #expect(Succession.mayGoAlone(kept: [], old: [old]))
        #expect(Succession.mayGoAlone(kept: [Self.replica("b-0", retires: ["a-0"])], old: [old]))
        // It was made for something else: nobody would take the older one away.
        #expect(!Succession.mayGoAlone(kept: [Self.replica("b-0")], old: [old]))
        // Back to what the other one was to replace.
        #expect(!Succession.mayGoAlone(kept: [old], old: [Self.replica("b-0", retires: ["a-0"])]))
    }
}
