import FoundationEssentials
import PlatformModel
import TestSupport
import Testing
import YAML

extension ApplianceTests {
    /// Every key of the example Score file misspelt, one at a time, as a user meets it: through the API and on the command line.
    @Suite struct ScoreKeysTests {
        private struct Misspelling {
            var name: String
            var text: String
            var line: Int
            var column: Int
            var right: String
        }

        private static let example: String = {
            let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
            return (try? String(contentsOfFile: "/\(root)/docs/examples/visits/score.yaml", encoding: .utf8)) ?? ""
        }()

        /// Keys whose names the author chooses: below these any other is as good.
        private static let chosenBelow: Set<[String]> = [
            ["containers"], ["containers", "*", "variables"], ["service", "ports"], ["resources"],
        ]

        private static func misspellings() throws -> [Misspelling] {
            var found: [Misspelling] = []
            func walk(_ node: YAMLNode, _ path: [String]) {
                for entry in node.entries ?? [] {
                    let name = entry.key.text, general = path.count == 1 && ["containers", "resources"].contains(path[0])
                    if !chosenBelow.contains(path) {
                        for wrong in [name + "x", String(name.dropLast()) + "q"] {
                            var lines = example.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                            let mark = entry.key.mark, line = Array(lines[mark.line - 1])
                            lines[mark.line - 1] = String(
                                line[..<(mark.column - 1)] + Array(wrong) + line[(mark.column - 1 + name.count)...])
                            found.append(
                                Misspelling(
                                    name: "\(found.count)-\(wrong).yaml", text: lines.joined(separator: "\n"), line: mark.line,
                                    column: mark.column, right: name))
                        }
                    }
                    walk(entry.value, path + [general ? "*" : name])
                }
                for element in node.elements ?? [] { walk(element, path) }
            }
            walk(try YAMLDocument.parse(Array(example.utf8), file: "score.yaml"), [])
            return found
        }

        @Test func throughTheAPI() async throws {
            let appliance = try await Appliance.shared()
            _ = try await appliance.call("POST", "/orgs/acme/apps", ["id": "keys", "name": "Keys"])
            let path = "/orgs/acme/apps/keys/envs/development"
            let all = try Self.misspellings()
            #expect(all.count >= 40)
            for one in all {
                let body: JSON = ["files": [["name": .string(one.name), "score": .string(one.text)]]]
                let answer = try await appliance.call("POST", path + "/score-deploys", body)
                #expect(answer.status == 422 && answer.error == "score_invalid", "\(one.name): \(answer)")
                let here = answer.problems.filter { $0["file"]?.string == one.name && $0["line"]?.int == one.line }
                #expect(here.contains { $0["column"]?.int == one.column && $0["suggestion"]?.string == one.right }, "\(answer)")
                #expect(here.allSatisfy { $0["code"]?.string?.hasPrefix("SCORE-") == true })
            }
            #expect(try await appliance.must(200, "GET", path + "/deploys") == [])
        }

        @Test func onTheCommandLine() async throws {
            let appliance = try await Appliance.shared()
            let folder = try TemporaryFolder("keys")
            let all = try Self.misspellings()
            let files = try all.map { try folder.write($0.text, to: $0.name) }
            // No server, no token: a file is checked where it lies.
            let run = try await appliance.martlet(["score", "validate"] + files, ["MARTLET_URL": "", "MARTLET_TOKEN": ""])
            #expect(run.code == 1)
            let lines = run.error.split(separator: "\n").map(String.init)
            for (one, file) in zip(all, files) {
                let place = "\(file):\(one.line):\(one.column): SCORE-"
                #expect(
                    lines.contains { $0.contains(place) && $0.hasSuffix("; did you mean '\(one.right)'?") },
                    "\(place) \(one.right)")
            }
        }
    }
}
