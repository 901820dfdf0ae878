import Planning
import PlatformModel
import TestSupport
import Testing

struct SetDocumentTests {
    @Test func idIsTheHashOfTheContent() throws {
        let empty = DeploymentSet()
        // printf '{"modules":{},"shared":{}}' | sha256sum
        #expect(empty.contentID == "78ca0149b7cd436ed7a30633f9516b5a8a7712c984f92a40de0489bf21dfc19a")
        var one = DeploymentSet(modules: ["web": Samples.workload(variables: ["A": 1, "B": 2])])
        let other = DeploymentSet(modules: ["web": Samples.workload(variables: ["B": 2, "A": 1])])
        #expect(one.contentID == other.contentID)
        one.modules["web"]?.profile = "humanitec/default-job"
        #expect(one.contentID != other.contentID)
    }

    /// What a client sends and what it reads back give one id, whichever way the numbers were written.
    @Test func idSurvivesTheWire() throws {
        var random = SplitMix(seed: 1)
        for _ in 0..<200 {
            let set = Samples.randomSet(&random)
            let back = try JSON.decode(DeploymentSet.self, from: try JSON.encode(set))
            #expect(back.contentID == set.contentID)
            #expect(try JSON(encoding: set).canonical == set.document.canonical)
        }
    }
}
