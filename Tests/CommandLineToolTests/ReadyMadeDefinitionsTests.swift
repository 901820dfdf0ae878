import CommandLineTool
import FoundationEssentials
import Testing

/// The definitions of `docs/definitions`, each with its own test beside it.
@Suite struct ReadyMadeDefinitionsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/definitions")
        .path

    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(".yaml".count)) }.sorted()

    @Test func oneForEachDriver() {
        #expect(
            Self.names == [
                "container", "echo", "exec", "http", "postgres", "postgres-instance", "postgres-on-instance", "route", "template",
                "terraform", "virtual",
            ])
    }

    /// The page of them has each.
    @Test(arguments: names) func isOnThePage(_ name: String) throws {
        let page = try String(contentsOfFile: Self.folder + "/README.md", encoding: .utf8)
        #expect(page.contains("[\(name).yaml](\(name).yaml)"))
    }

    @Test(arguments: names) func givesWhatItsTestExpects(_ name: String) async throws {
        let tests = Self.folder + "/tests/" + name
        let outcome = await (try Tool()).run(
            "definition", "test", "\(Self.folder)/\(name).yaml", "--inputs", "\(tests).inputs.yaml", "--expect",
            "\(tests).expected.yaml", "--app", "shop", "--env", "development")
        #expect(outcome.status == .done, "\(outcome.err)\(outcome.out)")
    }
}
