import PlatformModel
import Testing

@testable import DeployTargets

@Suite struct KubernetesLogFormatTests {
    @Test func lines() throws {
        let whole = try #require(KubernetesLogFormat.parse(Array("2026-11-21T12:27:33.731964791+00:00 stdout F a  b".utf8)))
        #expect((whole.text, whole.stream, whole.isPartial) == ("a  b", .stdout, false))
        #expect(whole.time == Timestamp("2026-11-21T12:27:33.731Z"))
        let partial = try #require(KubernetesLogFormat.parse(Array("2026-11-21T14:27:33.5+02:00 stderr P ".utf8)))
        #expect((partial.text, partial.stream, partial.isPartial) == ("", .stderr, true))
        #expect(partial.time == Timestamp("2026-11-21T12:27:33.500Z"))
    }

    @Test(arguments: [
        "", "half a line", "2026-11-21T12:27:33.7+00:00 stdin F x", "2026-11-21T12:27:33.7+00:00 stdout X x",
        "2026-11-21T12:27:33.7+00:00 notice F x", "yesterday stdout F x",
    ])
    func whatIsNoneIsPassedOver(_ line: String) { #expect(KubernetesLogFormat.parse(Array(line.utf8)) == nil) }
}
