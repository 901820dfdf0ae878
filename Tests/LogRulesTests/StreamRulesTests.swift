import LogRules
import PlatformModel
import Testing

struct StreamRulesTests {
    @Test("A stream names its environment, and its parts are bounded")
    func identity() {
        var identity = StreamIdentity(
            orgID: "acme", appID: "shop", envID: "dev", workloadID: "web", containerID: "main", stream: "stdout")
        #expect(identity.problems.isEmpty && identity.description == "acme/shop/dev/web/main/stdout")
        identity.orgID = ""
        identity.workloadID = "a\nb"
        identity.node = String(repeating: "x", count: 513)
        #expect(identity.problems == ["org_id is empty", "workload_id has a control character", "node is over 512 bytes"])
    }

    @Test(
        "What is too old goes, then what is too much, the oldest first",
        arguments: [
            (100, 1000, nil), (35, 1000, 60), (100, 25, 80), (100, 0, 100), (0, 1000, 90), (100, 30, 70),
        ] as [(Int, Int64, Int64?)])
    func retention(age: Int, bytes: Int64, cutoff: Int64?) {
        let spans = stride(from: Int64(60), through: 100, by: 10).map {
            RetentionRule.Span(end: Timestamp(milliseconds: $0 * 1000), bytes: 10)
        }
        let rule = RetentionRule(maximumAge: .seconds(age), maximumBytes: bytes)
        #expect(rule.cutoff(of: spans, now: Timestamp(milliseconds: 100_000))?.milliseconds == cutoff.map { $0 * 1000 })
    }
}
