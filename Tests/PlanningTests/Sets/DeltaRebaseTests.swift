import Planning
import PlatformModel
import TestSupport
import Testing

struct DeltaRebaseTests {
    private let base = DeploymentSet(
        modules: ["web": Samples.workload(variables: ["A": "1", "B": "1", "L": ["x", "y"]]), "old": Samples.workload()],
        shared: ["dns": ResourceRequest(type: "dns")])

    private func change(_ edit: (inout DeploymentSet) -> Void) -> DeploymentSet {
        var set = base
        edit(&set)
        return set
    }

    private func variables(_ set: DeploymentSet) -> JSON? { set.modules["web"]?.spec["containers"]?["web"]?["variables"] }

    @Test func bothChangesHold() throws {
        let mine = change { set in
            set.modules["web"]?.spec["containers"]?["web"]?["variables"] = ["A": "2", "B": "1", "L": ["x", "z"]]
            set.modules["new"] = Samples.workload()
        }
        let theirs = change { set in
            set.modules["web"]?.spec["containers"]?["web"]?["variables"] = ["A": "1", "B": "2", "C": "3", "L": ["w", "y"]]
            set.modules["old"] = nil
            set.shared["bus"] = ResourceRequest(type: "amqp")
        }
        let delta = try DeltaContent.diff(from: base, to: mine).rebased(from: base, onto: theirs)
        let result = try delta.applied(to: theirs)
        #expect(variables(result) == ["A": "2", "B": "2", "C": "3", "L": ["w", "z"]])
        #expect(result.modules.keys.sorted() == ["new", "web"] && result.shared.keys.sorted() == ["bus", "dns"])
    }

    @Test func bothChangingOnePlaceIsNamed() {
        let mine = change { set in
            set.modules["web"]?.spec["containers"]?["web"]?["variables"] = ["A": "2", "B": "1", "L": ["x"]]
            set.modules["old"]?.spec["replicas"] = 2
        }
        let theirs = change { set in
            set.modules["web"]?.spec["containers"]?["web"]?["variables"] = ["A": "3", "B": "1", "L": ["x", "y", "z"]]
            set.modules["old"] = nil
        }
        let error = #expect(throws: DeltaError.self) {
            try DeltaContent.diff(from: base, to: mine).rebased(from: base, onto: theirs)
        }
        let place = "modules.web.spec.containers.web.variables"
        #expect(
            error?.problems.map { "\($0.code) \($0.path)" } == [
                "DELTA-104 modules.old", "DELTA-104 \(place).A", "DELTA-104 \(place).L",
            ])
        #expect(
            error?.problems.dropFirst().first?.message.hasPrefix(
                #"is "2" in this delta and "3" in the set that it is put on; both were "1""#) == true)
    }

    /// Onto the set that it was made for, a delta stays what it is; onto what it makes, nothing is left of it; two changes that do not
    /// meet give one set, whichever comes first.
    @Test func whicheverComesFirst() throws {
        var random = SplitMix(seed: 11), met = 0, merged = 0
        for _ in 0..<400 {
            let base = Samples.randomSet(&random)
            let mine = Samples.edited(base, &random), theirs = Samples.edited(base, &random)
            let delta = DeltaContent.diff(from: base, to: mine), other = DeltaContent.diff(from: base, to: theirs)
            #expect(try delta.rebased(from: base, onto: base).applied(to: base) == mine)
            #expect(try delta.rebased(from: base, onto: mine).isEmpty)
            do {
                let one = try delta.rebased(from: base, onto: theirs).applied(to: theirs)
                let two = try other.rebased(from: base, onto: mine).applied(to: mine)
                #expect(one.contentID == two.contentID)
                merged += 1
            } catch {
                #expect(error.problems.allSatisfy { $0.code == "DELTA-104" }, "\(error)")
                #expect(throws: DeltaError.self) { try other.rebased(from: base, onto: mine) }
                met += 1
            }
        }
        #expect(met > 20 && merged > 20, "\(met) met, \(merged) merged")
    }
}
