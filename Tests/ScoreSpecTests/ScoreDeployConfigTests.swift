import PlatformModel
import ScoreSpec
import Testing

@Suite struct ScoreDeployConfigTests {
    private func read(_ workloads: String, kind: String = "ScoreDeployConfig") throws(ScoreProblems) -> ScoreDeployConfig {
        let text = "apiVersion: config.humanitec.io/v1b1\nkind: \(kind)\nworkloads:\n\(workloads)"
        return try ScoreDeployConfig.read(Array(text.utf8), file: "deploy-config.yaml")
    }

    @Test func listsTheWorkloadsOfOneDeployment() throws {
        let config = try read(
            """
              - name: web
                specFile: ./score.web.yaml
                extensionsFile: ./humanitec.score.yaml
              - {name: api, specFile: api/score.yaml, overridesFile: o.yaml, image: "api:1"}
            """)
        #expect(config.workloads.map(\.name) == ["web", "api"])
        #expect(config.workloads.map(\.specFile) == ["./score.web.yaml", "api/score.yaml"])
        #expect(config.workloads.map(\.extensionsFile) == ["./humanitec.score.yaml", nil])
        #expect(config.workloads.map(\.overridesFile) == [nil, "o.yaml"])
        #expect(config.workloads.map(\.image) == [nil, "api:1"])
    }

    @Test func theNameIsThatOfTheScoreFile() throws {
        let config = try read("  - {name: web, specFile: a}\n  - {name: wbe, specFile: b}\n")
        let score = try ScoreReader.read(Array(small().utf8), file: "score.yaml")
        #expect(config.workloads[0].problem(with: score) == nil)
        let problem = try #require(config.workloads[1].problem(with: score))
        #expect(problem.description.hasPrefix("deploy-config.yaml:5:12: SCORE-213 workloads.1.name:"), "\(problem)")
        #expect(problem.suggestion == "web")
    }

    @Test(arguments: [
        ("  - {name: web}", "4:5: SCORE-103 workloads.0:", nil),
        ("  - {name: web, specfile: a}", "4:17: SCORE-102 workloads.0.specfile:", "specFile"),
        ("  - {name: Web, specFile: a}", "4:12: SCORE-105 workloads.0.name:", "web"),
        ("  - {name: web, specFile: a}\n  - {name: web, specFile: b}", "5:12: SCORE-213 workloads.1.name:", nil),
        ("  []", "4:3: SCORE-108 workloads:", nil), ("  web: {specFile: a}", "4:3: SCORE-104 workloads:", nil),
    ])
    func tellsWhatIsWrong(workloads: String, start: String, suggestion: String?) {
        do throws(ScoreProblems) {
            _ = try read(workloads)
            Issue.record("nothing was refused")
        } catch {
            #expect(error.problems.count == 1 && error.description.hasPrefix("deploy-config.yaml:" + start), "\(error)")
            #expect(error.problems.first?.suggestion == suggestion)
        }
    }

    @Test func anotherKindIsRefused() {
        #expect(throws: ScoreProblems.self) { try read("  - {name: web, specFile: a}", kind: "ScoreDeploy") }
    }
}
