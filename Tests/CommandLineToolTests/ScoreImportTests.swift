import CommandLineTool
import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

/// `score import`: the core's own tests have the formats.
@Suite struct ScoreImportTests {
    private static let compose = """
        services:
          web:
            image: nginx:1.27
            ports: ["80:80"]
            environment: {DATABASE_URL: "postgres://app:x@db/app", GREETING: hello}
            env_file: web.env
            volumes: ["./page.html:/usr/share/nginx/html/index.html:ro"]
            working_dir: /srv
            deploy: {replicas: 2}
          db: {image: postgres:16}
        """

    private func setUp() throws -> (Tool, file: String) {
        let tool = try Tool()
        try tool.home.write("MODE=fast\n", to: "web.env")
        try tool.home.write("<html>\n", to: "page.html")
        return (tool, try tool.home.write(Self.compose, to: "compose.yaml"))
    }

    @Test func toStandardOutputAndNotesBeside() async throws {
        let (tool, file) = try setUp()
        let outcome = await tool.run("score", "import", file)
        #expect(outcome.status == .done)
        try expectGolden(
            outcome.out + "=== standard error\n" + outcome.err.replacing(tool.home.path, with: "HOME"), "score-import.txt")
    }

    @Test func intoAFolderThatIsValidAsItLies() async throws {
        let (tool, file) = try setUp()
        let folder = tool.home.file("made/scores")
        let outcome = await tool.run("score", "import", file, "--to", folder, "--quiet")
        #expect(outcome.out == "\(folder)/web.score.yaml written\n\(folder)/web.extensions.yaml written\n")
        // The page is found from there too, and every value is accepted.
        let checked = await tool.run("score", "validate", "\(folder)/web.score.yaml")
        #expect(checked.status == .done, "\(checked.err)")

        let again = await tool.run("score", "import", file, "--to", folder)
        #expect(again.status == .conflict)
        #expect(again.err.contains("\(folder)/web.extensions.yaml"))
        #expect(await tool.run("score", "import", file, "--to", folder, "--force").status == .done)
    }

    @Test func asJSON() async throws {
        let (tool, file) = try setUp()
        let outcome = await tool.run("score", "import", file, "--output", "json")
        let body = try JSON.parse(outcome.out)
        #expect(body["workloads"]?[0]?["score"]?["metadata"]?["name"] == "web")
        #expect(body["workloads"]?[0]?["extensions"]?["spec"]?["replicas"] == 2)
        let codes = Set((body["notes"]?.array ?? []).compactMap { $0["code"]?.string })
        #expect(codes == ["IMPORT-201", "IMPORT-202"])
        #expect((body["notes"]?.array ?? []).allSatisfy { $0["file"]?.string == file && ($0["line"]?.int ?? 0) > 0 })
    }

    @Test func everyFileThatCannotBeReadIsTold() async throws {
        let (tool, _) = try setUp()
        let odd = try tool.home.write("just: text\n", to: "odd.yaml")
        let outcome = await tool.run("score", "import", odd, tool.home.file("missing.yaml"))
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("missing.yaml"))
        let second = await tool.run("score", "import", odd)
        #expect(second.err.contains("odd.yaml:1:1: IMPORT-101"))
    }
}
