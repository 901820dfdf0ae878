import ArgumentParser

struct Apply: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Creates or changes what files describe: definitions, types, drivers, profiles, applications, environments.",
        discussion: """
            Documents of apiVersion entity.humanitec.io/v1b1 and kind Definition, ResourceType, ResourceClass, Driver, WorkloadProfile, \
            EnvironmentType, Application or Environment. All files are checked before anything is sent. A definition without 'criteria' keeps those it has.
            """)

    @Option(
        name: [.customShort("f"), .customLong("filename")], help: "A file, a folder, or '-' for standard input; may be repeated.")
    var files: [String]
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let documents = try EntityReader.read(files, input: CommandHost.current.readInput)
        try await EntityApplication(session: try Session(options)).run(documents)
    }
}
