import HTTPTypes
import PlatformModel
import Testing

@testable import Orchestrator

/// What PostgreSQL, memory or a path cannot hold is the sender's mistake (4xx), and never the room's (500).
@Suite struct OddInputTests {
    private static let app = "/orgs/acme/apps/shop"

    @Test func aNULAnywhereIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            for path in [
                "/deltas?env=%00", "/deltas?env=development%00", "/sets/0?diff=%00", "/deltas/%00", "/envs/%00/deploys",
                "/envs/development/deploys/x%00", "/envs/development/resources?scheduled_deletion=%00",
            ] {
                let answer = try await harness.call(.get, Self.app + path)
                #expect(answer.status == 422, "\(path) -> \(answer)")
            }
            try await harness.must(400, .post, Self.app + "/envs", ["id": "a", "name": "a\0b"])
            for score in [
                Harness.score.replacing("image: ", with: #"image: "\0" # "#),
                Harness.score.replacing("metadata:", with: #""x\0": 1"# + "\nmetadata:"),
            ] {
                let answer = try await harness.call(.post, Harness.environment + "/score-deploys", Harness.body(score))
                #expect(answer.status == 422 && answer.message.contains("U+0000"), "\(answer)")
                #expect(answer.body["details"]?["problems"]?[0]?["line"] != nil)
            }
        }
    }

    @Test(arguments: ["'", "%27%3B--", "..", "%2e%2e", "%C3%A9", "a%20b", "%25", String(repeating: "x", count: 3000)])
    func idsWithOddCharactersAreJustUnknown(_ id: String) async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            for path in ["/envs/\(id)", "/deltas/\(id)", "/sets/\(id)", "/envs/development/deploys/\(id)"] {
                let answer = try await harness.call(.get, Self.app + path)
                #expect([400, 404].contains(answer.status), "\(path) -> \(answer)")
            }
        }
    }

    /// Forty short operations that would double a text to a terabyte.
    @Test func aPatchThatGrowsWithoutEndIsRefused() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let grow: [JSON] = (0..<40).map { ["op": "copy", "from": "/a", "path": .string("/a/\($0)")] }
            let start: JSON = ["op": "add", "path": "/a", "value": ["text": .string(String(repeating: "x", count: 1000))]]
            let delta: JSON = ["shared": .array([start] + grow)]
            let answer = try await harness.call(.post, Self.app + "/sets/0", delta)
            #expect((400..<500).contains(answer.status) && answer.message.contains("16 MiB"), "\(answer)")
        }
    }
}
