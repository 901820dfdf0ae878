import Testing

@testable import DeployTargets

@Suite struct RolloutTests {
    private static func replica(_ revision: String, _ ordinal: Int, whole: Bool = true) -> Rollout.Standing {
        Rollout.Standing(name: "\(revision)-\(ordinal)", revision: revision, ordinal: ordinal, isWhole: whole)
    }

    @Test func nothingStands() {
        let rollout = Rollout(standing: [], revision: "b", wanted: 2)
        #expect(rollout.create == [0, 1] && rollout.old.isEmpty && rollout.residue.isEmpty)
    }

    @Test func theSameIsKept() {
        let standing = [Self.replica("b", 1), Self.replica("b", 0)]
        let rollout = Rollout(standing: standing, revision: "b", wanted: 2)
        #expect(rollout.isDone && rollout.keep.map(\.ordinal) == [0, 1])
    }

    @Test func anotherRevisionGoesLater() {
        let rollout = Rollout(standing: [Self.replica("a", 0), Self.replica("b", 1)], revision: "b", wanted: 2)
        #expect(rollout.old.map(\.name) == ["a-0"] && rollout.keep.map(\.name) == ["b-1"] && rollout.create == [0])
    }

    @Test func halfMadeAndTooManyGoFirst() {
        let standing = [Self.replica("a", 0, whole: false), Self.replica("b", 0, whole: false), Self.replica("b", 5)]
        let rollout = Rollout(standing: standing, revision: "b", wanted: 1)
        #expect(Set(rollout.residue.map(\.name)) == ["a-0", "b-0", "b-5"] && rollout.create == [0])
    }

    @Test func noReplicasWanted() {
        let rollout = Rollout(standing: [Self.replica("a", 0)], revision: "b", wanted: 0)
        #expect(rollout.create.isEmpty && rollout.old.map(\.name) == ["a-0"])
    }
}
