import ArgumentParser

struct Definition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "definition", abstract: "Tests resource definitions, lists their versions, and goes back to one.",
        subcommands: [DefinitionTest.self, DefinitionVersions.self, DefinitionPromote.self])
}
