import Planning
import PlatformModel
import TestSupport
import Testing

struct DeltaTests {
    private let base = DeploymentSet(
        modules: ["web": Samples.workload(variables: ["A": "1"]), "old": Samples.workload()],
        shared: ["dns": ResourceRequest(type: "dns")])

    @Test func addsRemovesAndUpdates() throws {
        let delta = DeltaContent(
            modules: ModuleChanges(
                add: ["new": Samples.workload()], remove: ["old"],
                update: [
                    "web": [
                        PatchOperation(op: "replace", path: "/spec/containers/web/variables/A", value: "2"),
                        PatchOperation(op: "add", path: "/externals/db", value: ["type": "postgres", "class": "large"]),
                        PatchOperation(op: "add", path: "/deploy", value: ["when": "before", "timeout": 30]),
                    ]
                ]),
            shared: [PatchOperation(op: "add", path: "/cache", value: ["type": "redis", "params": ["size": 1]])])
        let set = try delta.applied(to: base)
        #expect(set.modules.keys.sorted() == ["new", "web"])
        #expect(set.modules["web"]?.spec["containers"]?["web"]?["variables"] == ["A": "2"])
        #expect(set.modules["web"]?.externals == ["db": ResourceRequest(type: "postgres", class: "large")])
        #expect(set.modules["web"]?.deploy == DeployCondition(when: "before", timeout: 30))
        #expect(set.shared["cache"] == ResourceRequest(type: "redis", params: ["size": 1]))
        #expect(set.shared["dns"] == ResourceRequest(type: "dns"))
    }

    @Test func anAdditionReplacesAndARemovalOfNothingIsNothing() throws {
        let delta = DeltaContent(modules: ModuleChanges(add: ["web": Samples.workload()], remove: ["web", "absent"]))
        #expect(try delta.applied(to: base).modules["web"] == Samples.workload())
    }

    @Test func namesEveryProblem() {
        let delta = DeltaContent(
            modules: ModuleChanges(update: [
                "wbe": [PatchOperation(op: "remove", path: "/spec")],
                "web": [PatchOperation(op: "replace", path: "/spec/containers/web/variables/B", value: "2")],
                "old": [
                    PatchOperation(op: "add", path: "/extrenals", value: [:]),
                    PatchOperation(op: "add", path: "/externals/db", value: ["clas": "large"]),
                    PatchOperation(op: "add", path: "/deploy", value: ["timeout": "soon"]),
                ],
            ]),
            shared: [PatchOperation(op: "replace", path: "/dns/type", value: 7)])
        let error = #expect(throws: DeltaError.self) { try delta.applied(to: base) }
        #expect(
            error?.problems.map { "\($0.code) \($0.path) \($0.suggestion ?? "-")" } == [
                "DELTA-103 modules.old.extrenals externals", "DELTA-103 modules.old.externals.db.clas class",
                "DELTA-103 modules.old.deploy.timeout -", "DELTA-101 modules.wbe web", "DELTA-102 modules.web -",
                "DELTA-103 shared.dns.type -",
            ], "\(error?.description ?? "")")
    }

    /// Applying the difference of two sets to the first gives exactly the second; equal sets have no difference.
    @Test func theDifferenceMakesTheTarget() throws {
        var random = SplitMix(seed: 2)
        for _ in 0..<500 {
            let source = Samples.randomSet(&random), target = Samples.randomSet(&random)
            let delta = DeltaContent.diff(from: source, to: target)
            #expect(try delta.applied(to: source) == target)
            #expect(DeltaContent.diff(from: source, to: source).isEmpty)
            let overTheWire = try JSON.decode(DeltaContent.self, from: try JSON.encode(delta))
            #expect(try overTheWire.applied(to: source).contentID == target.contentID)
        }
    }

    /// A merged delta does what its parts do one after the other.
    @Test func mergingIsApplyingInOrder() throws {
        var random = SplitMix(seed: 3)
        for _ in 0..<500 {
            let sets = (0..<4).map { _ in Samples.randomSet(&random) }
            let deltas = (1..<4).map { DeltaContent.diff(from: sets[$0 - 1], to: sets[$0]) }
            #expect(try DeltaContent.merging(deltas).applied(to: sets[0]) == sets[3])
        }
    }

    @Test func aDifferenceIsSmall() {
        let before = DeploymentSet(modules: ["web": Samples.workload(variables: ["A": "1", "B": ["x", "y"]])])
        let after = DeploymentSet(modules: ["web": Samples.workload(variables: ["A": "2", "B": ["x", "z"], "C/D": true])])
        let place = "/spec/containers/web/variables"
        #expect(
            DeltaContent.diff(from: before, to: after).modules.update["web"] == [
                PatchOperation(op: "replace", path: place + "/A", value: "2"),
                PatchOperation(op: "replace", path: place + "/B/1", value: "z"),
                PatchOperation(op: "add", path: place + "/C~1D", value: true),
            ])
    }

    @Test func aScopedRemovalTakesOperationsOutOfTheDelta() {
        let first = DeltaContent(
            modules: ModuleChanges(update: [
                "web": [
                    PatchOperation(op: "add", path: "/spec/x", value: 1), PatchOperation(op: "add", path: "/spec/x/y", value: 2),
                    PatchOperation(op: "add", path: "/spec/xy", value: 3),
                ]
            ]))
        let second = DeltaContent(
            modules: ModuleChanges(update: ["web": [PatchOperation(op: "remove", path: "/spec/x", value: ["scope": "delta"])]]))
        #expect(first.merging(second).modules.update["web"] == [PatchOperation(op: "add", path: "/spec/xy", value: 3)])
    }
}
