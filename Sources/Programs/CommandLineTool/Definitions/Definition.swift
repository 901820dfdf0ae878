import ArgumentParser

struct Definition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tests resource definitions.", subcommands: [DefinitionTest.self])
}
