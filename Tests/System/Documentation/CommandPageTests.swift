import FoundationEssentials
import PlatformModel
import TestSupport
import Testing

/// docs/reference/cli.md, the README and the quickstart say what the programs say.
@Suite struct CommandPageTests {
    private static func run(_ words: [String]) async throws -> CommandRun {
        try await CommandRun(["env", "PATH=\(ProgramProcess.folder):/usr/bin:/bin"] + words)
    }

    @Test func thePageIsTheProgramsHelp() async throws {
        let made = try await Self.run([Document.root + "/scripts/cli-reference"])
        #expect(made.code == 0, "\(made.error)")
        let page = try Document("docs/reference/cli.md").text
        let lines = page.split(separator: "\n"), wanted = made.output.split(separator: "\n")
        let difference = wanted.difference(from: lines)
        #expect(page == made.output, "run scripts/cli-reference > docs/reference/cli.md: \(Array(difference).prefix(10))")
    }

    /// Every command that the programs have is on the page: `scripts/cli-reference` lists them by hand.
    @Test(arguments: ["martlet", "martlet-admin"]) func everyCommandIsOnThePage(_ program: String) async throws {
        let dump = try JSON.parse(try await Self.run([program, "--experimental-dump-help"]).output)
        var commands: [String] = []
        func walk(_ command: JSON, _ path: String) {
            let name = path + (command["commandName"]?.string ?? "")
            // The parser's own `help`.
            let below = (command["subcommands"]?.array ?? []).filter { $0["commandName"] != "help" }
            if below.isEmpty { commands.append(name) }
            for sub in below { walk(sub, name + " ") }
        }
        walk(dump["command"] ?? .null, "")
        let page = try Document("docs/reference/cli.md")
        #expect(commands.count >= 3)
        for command in commands { #expect(page.lines.contains("## \(command)"), "\(command)") }
    }

    /// Every command line that a reader is told to type has a verb and flags that the program knows.
    @Test(
        arguments: ["README.md", "docs/quickstart.md", "docs/reference/drivers.md", "docs/reference/api.md"]
            + ["terraform", "render-without-a-server", "test-a-definition-in-ci"].map { "docs/tutorials/\($0).md" })
    func everyCommandLineIsUnderstood(_ path: String) async throws {
        var helps: [[String]: String] = [:]
        for block in try Document(path).blocks("sh") {
            for line in block.replacing("\\\n", with: " ").split(separator: "\n") {
                let words = line.prefix { $0 != "#" && $0 != "|" && $0 != ">" }.split(separator: " ").map(String.init)
                guard let program = words.first, program.hasPrefix("martlet") else { continue }
                let nested = ["account", "create", "env", "score", "org", "definition", "rollout"].contains(
                    words.dropFirst().first ?? "")
                let verb = Array(words.prefix(words.count > 1 && !words[1].hasPrefix("-") ? (nested ? 3 : 2) : 1))
                if helps[verb] == nil {
                    let help = try await Self.run(verb + ["--help"])
                    #expect(help.code == 0, "\(path): \(line): \(help.error)")
                    helps[verb] = help.output
                }
                for word in words where word.hasPrefix("-") && word.count > 1 {
                    let flag = word.prefix { $0 != "=" }
                    let known = helps[verb]?.split { " \n,[]".contains($0) }.contains(flag)
                    #expect(known == true, "\(path): \(line): \(flag)")
                }
            }
        }
        #expect(path != "README.md" || helps.count >= 8)
    }

    /// The excerpt about a misspelt key is what the program prints.
    @Test func theQuickstartsProblemIsReal() async throws {
        let page = try Document("docs/quickstart.md")
        let folder = try TemporaryFolder("quick")
        let score = try #require(page.blocks("yaml").first)
        try folder.write(score, to: "score.yaml")
        let good = try await Self.run(["env", "-C", folder.path, "martlet", "score", "validate", "score.yaml"])
        #expect(good.code == 0 && page.blocks("").contains(good.output), "\(good)")
        try folder.write(score.replacing("    variables:", with: "    variabels:"), to: "score.yaml")
        let bad = try await Self.run(["env", "-C", folder.path, "martlet", "score", "validate", "score.yaml"])
        #expect(bad.code == 1 && page.blocks("").contains(bad.error), "\(bad.error)")
    }
}
