import ArgumentParser

struct Value: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "value", abstract: "Sets shared values and secrets, shows their history, restores and purges them.",
        discussion: """
            A value is the application's, and every environment has it; with --in-env it is the environment's alone, and takes the place of \
            the application's there. Workloads read it as ${resources.env.KEY} (env: a resource of type environment), definitions as \
            ${values.KEY}. What is set is used from the next deployment on. 'martlet get values' lists them.
            """,
        subcommands: [ValueSet.self, ValueHistory.self, ValueRestore.self, ValuePurge.self])
}

/// Which level a command is about.
struct ValueLevelOptions: ParsableArguments {
    @Flag(help: "Of the environment alone, not of the application.") var inEnv = false

    func path(_ session: Session) throws(CommandFailure) -> String {
        inEnv ? try session.environment() : try session.application()
    }

    func words(_ session: Session) throws(CommandFailure) -> String {
        inEnv ? "environment \(try session.settings.env())" : "application \(try session.settings.app())"
    }
}
