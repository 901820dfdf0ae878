import ArgumentParser

struct Definition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "definition", abstract: "Tests resource definitions.", subcommands: [DefinitionTest.self])
}
