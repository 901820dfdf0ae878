import FoundationEssentials
import Glibc
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T44: bodies that are bombs, through the real routes: refused soon, in little memory, and the programs live.
    @Suite struct HostileBodyTests {
        private static let environment = "/orgs/acme/apps/bombs/envs/development"

        /// A body, sent as it is.
        private func send(
            _ appliance: Appliance, _ path: String, _ body: [UInt8]
        ) async throws -> (status: Int, text: String) {
            let file = try appliance.folder.write("", to: "bomb")
            try Data(body).write(to: URL(filePath: file))
            let run = try await CommandRun([
                "curl", "-sS", "-m", "60", "--cacert", appliance.file("gateway/certificate.pem"), "-w", "\n%{http_code}", "-H",
                "Authorization: Bearer \(appliance.token(of: "acme"))", "-H", "Content-Type: application/json", "-H", "Expect:",
                "--data-binary", "@\(file)", appliance.url + path,
            ])
            let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
            return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
        }

        private static func memory(_ pid: pid_t, _ field: String) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(field + ":") })
            return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }) << 10
        }

        /// What a body costs: its time, and the memory that both rooms needed beyond what they had.
        private func judge(_ name: String, _ appliance: Appliance, _ path: String, _ body: [UInt8], _ rooms: [pid_t]) async throws
        {
            let before = try rooms.map { try Self.memory($0, "VmRSS") }
            // The peak begins anew (proc(5), clear_refs).
            for pid in rooms { try Data("5".utf8).write(to: URL(filePath: "/proc/\(pid)/clear_refs")) }
            let start = ContinuousClock.now
            let answer = try await send(appliance, path, body)
            let took = ContinuousClock.now - start
            #expect((400..<500).contains(answer.status), "\(name): \(answer.status) \(answer.text.prefix(300))")
            let json = try JSON.parse(answer.text)
            #expect(json["error"]?.string != nil && answer.text.utf8.count < 100_000, "\(name)")
            // On an idle machine each is under a second; this one may be busy.
            #expect(took < .seconds(5), "\(name): \(took)")
            for (pid, before) in zip(rooms, before) {
                let more = try Self.memory(pid, "VmHWM") - before
                #expect(more < 64 << 20, "\(name): \(more >> 20) MiB more")
            }
        }

        private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

        @Test func t44BombsInJSON() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.createApplication("bombs")
            let rooms = try [appliance.process(.gateway).pid, appliance.process(.orchestrator).pid]
            let deep = 200_000
            let bombs: [(String, [UInt8])] = [
                ("arrays in arrays", Self.text(String(repeating: "[", count: deep) + String(repeating: "]", count: deep))),
                (
                    "objects in objects",
                    Self.text(String(repeating: "{\"a\":", count: deep) + "1" + String(repeating: "}", count: deep))
                ),
                ("never closed", Self.text(String(repeating: "[{\"a\":", count: deep))),
                ("a long number", Self.text("{\"id\":" + String(repeating: "9", count: 900_000) + "}")),
                ("an exponent", Self.text("{\"id\": 1e999999999}")),
                ("many members", Self.text("{" + (0..<60_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}")),
                ("one name again and again", Self.text("{" + (0..<60_000).map { _ in "\"id\":1" }.joined(separator: ",") + "}")),
                ("UTF-16", [0xFF, 0xFE] + Array("{\"id\":\"x\"}".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })),
                ("broken UTF-8", Self.text("{\"id\":\"") + [0xC0, 0x80, 0xFF] + Self.text("\"}")),
                ("nothing", []), ("NUL", [0]), ("words", Self.text("NaN")),
                ("a lone surrogate", Self.text("{\"id\":\"\\ud800\"}")),
            ]
            for (name, body) in bombs {
                for path in ["/orgs/acme/apps", "/orgs/acme/tokens", "/auth/login", Self.environment + "/plans"] {
                    try await judge("\(name) to \(path)", appliance, path, body, rooms)
                }
            }
            // A hundred megabytes are not even read.
            let large = [UInt8](repeating: UInt8(ascii: "["), count: 100 << 20)
            try await judge("a hundred megabytes", appliance, Self.environment + "/score-deploys", large, rooms)
            for room in [RoomName.gateway, .orchestrator] {
                #expect(try await appliance.curl(room, "/healthz").status == "200")
            }
        }

        @Test func t44BombsInYAML() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.createApplication("yaml-bombs")
            let rooms = try [appliance.process(.gateway).pid, appliance.process(.orchestrator).pid]
            var aliases = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
            for level in 1...12 {
                aliases += "a\(level): &a\(level) [\((0..<9).map { _ in "*a\(level - 1)" }.joined(separator: ","))]\n"
            }
            let score = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {web: {image: x}}\n"
            let bombs: [(String, String)] = [
                ("aliases of aliases", aliases),
                ("deep flow", String(repeating: "[", count: 100_000)),
                ("deep flow, closed", String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)),
                ("deep block", (0..<3000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")),
                ("one name twice", score + "metadata: {name: other}\n"),
                ("a huge number", "apiVersion: " + String(repeating: "9", count: 500_000)),
                ("a tag of a program", "!!python/object/apply:os.system ['id']"),
                ("a merge of itself", "a: &a\n  <<: *a\n  b: 1\n"),
                ("an anchor in itself", "&a [*a]"),
                ("UTF-16's mark", "\u{FEFF}\u{FEFF}a: 1"),
                ("a long line", "a: \"" + String(repeating: "\\n", count: 1_000_000) + "\""),
                ("many documents", String(repeating: "---\na: 1\n", count: 50_000)),
                ("many names", (0..<100_000).map { "k\($0): 1" }.joined(separator: "\n")),
            ]
            for (name, text) in bombs {
                let body: JSON = ["files": [["name": "score.yaml", "score": .string(text)]]]
                try await judge(
                    name, appliance, "/orgs/acme/apps/yaml-bombs/envs/development/score-deploys", Array(body.canonical.utf8),
                    rooms)
            }
            for room in [RoomName.gateway, .orchestrator] {
                #expect(try await appliance.curl(room, "/healthz").status == "200")
            }
        }
    }
}
